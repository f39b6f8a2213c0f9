<?php // PHP 8, with nothing installed: php first_payment.php
const BASE = 'http://127.0.0.1:4673';

function call(string $method, string $path, array $headers = [], ?array $body = null): ?array
{
    $headers = [...$headers, 'Ocp-Apim-Subscription-Key: any-key', 'Content-Type: application/json'];
    $content = $body ? json_encode($body) : '';
    $headers[] = 'Content-Length: ' . strlen($content);
    $text = file_get_contents(BASE . $path, false, stream_context_create(['http' => [
        'method' => $method, 'header' => $headers, 'content' => $content, 'ignore_errors' => true,
    ]]));
    $status = (int) explode(' ', $http_response_header[0])[1];
    if ($status < 200 || $status > 299) {
        throw new RuntimeException("$method $path: $status $text");
    }
    return json_decode($text, true);
}

function uuid(): string
{
    $hex = bin2hex(random_bytes(16));
    $hex[12] = '4';
    $hex[16] = '89ab'[random_int(0, 3)];
    return vsprintf('%s%s-%s-%s-%s-%s%s%s', str_split($hex, 4));
}

// An API user, its key, and a token.
$user = uuid();
call('POST', '/v1_0/apiuser', ["X-Reference-Id: $user"], ['providerCallbackHost' => 'localhost']);
$key = call('POST', "/v1_0/apiuser/$user/apikey")['apiKey'];
$basic = base64_encode("$user:$key");
$token = call('POST', '/collection/token/', ["Authorization: Basic $basic"])['access_token'];

// A request to pay, and its status.
$headers = ["Authorization: Bearer $token", 'X-Target-Environment: sandbox'];
$reference = uuid();
$payer = ['partyIdType' => 'MSISDN', 'partyId' => '46733123999'];
$body = ['amount' => '100', 'currency' => 'EUR', 'externalId' => 'order-1', 'payer' => $payer];
call('POST', '/collection/v1_0/requesttopay', [...$headers, "X-Reference-Id: $reference"], $body);
sleep(1);
print_r(call('GET', "/collection/v1_0/requesttopay/$reference", $headers));
