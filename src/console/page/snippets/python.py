# Python 3, with nothing installed: python3 first_payment.py
import base64, json, time, urllib.request, uuid

BASE = "http://127.0.0.1:4673"


def call(method, path, headers={}, body=None):
    headers = {"Ocp-Apim-Subscription-Key": "any-key", "Content-Type": "application/json", **headers}
    data = json.dumps(body).encode() if body else b"" if method == "POST" else None
    request = urllib.request.Request(BASE + path, data, headers, method=method)
    with urllib.request.urlopen(request) as answer:
        text = answer.read()
        return json.loads(text) if text else None


# An API user, its key, and a token.
user = str(uuid.uuid4())
call("POST", "/v1_0/apiuser", {"X-Reference-Id": user}, {"providerCallbackHost": "localhost"})
key = call("POST", f"/v1_0/apiuser/{user}/apikey")["apiKey"]
basic = base64.b64encode(f"{user}:{key}".encode()).decode()
token = call("POST", "/collection/token/", {"Authorization": f"Basic {basic}"})["access_token"]

# A request to pay, and its status.
headers = {"Authorization": f"Bearer {token}", "X-Target-Environment": "sandbox"}
reference = str(uuid.uuid4())
payer = {"partyIdType": "MSISDN", "partyId": "46733123999"}
body = {"amount": "100", "currency": "EUR", "externalId": "order-1", "payer": payer}
call("POST", "/collection/v1_0/requesttopay", {**headers, "X-Reference-Id": reference}, body)
time.sleep(1)
print(call("GET", f"/collection/v1_0/requesttopay/{reference}", headers))
