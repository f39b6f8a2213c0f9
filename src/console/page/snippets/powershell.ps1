$Base = 'http://127.0.0.1:4673'
$Key = @{ 'Ocp-Apim-Subscription-Key' = 'any-key' }
$Json = 'application/json'

# An API user, its key, and a token.
$User = [guid]::NewGuid().ToString()
Invoke-RestMethod "$Base/v1_0/apiuser" -Method Post -ContentType $Json `
  -Headers ($Key + @{ 'X-Reference-Id' = $User }) -Body '{"providerCallbackHost":"localhost"}'
$ApiKey = (Invoke-RestMethod "$Base/v1_0/apiuser/$User/apikey" -Method Post -Headers $Key).apiKey
$Basic = [Convert]::ToBase64String([Text.Encoding]::ASCII.GetBytes("${User}:$ApiKey"))
$Token = (Invoke-RestMethod "$Base/collection/token/" -Method Post `
  -Headers ($Key + @{ Authorization = "Basic $Basic" })).access_token

# A request to pay, and its status.
$Headers = $Key + @{ Authorization = "Bearer $Token"; 'X-Target-Environment' = 'sandbox' }
$Reference = [guid]::NewGuid().ToString()
$Body = @{ amount = '100'; currency = 'EUR'; externalId = 'order-1'
  payer = @{ partyIdType = 'MSISDN'; partyId = '46733123999' } } | ConvertTo-Json
Invoke-RestMethod "$Base/collection/v1_0/requesttopay" -Method Post -ContentType $Json `
  -Headers ($Headers + @{ 'X-Reference-Id' = $Reference }) -Body $Body
Start-Sleep -Seconds 1
Invoke-RestMethod "$Base/collection/v1_0/requesttopay/$Reference" -Headers $Headers
