BASE=http://127.0.0.1:4673
KEY='Ocp-Apim-Subscription-Key: any-key'
uuid() { cat /proc/sys/kernel/random/uuid 2>/dev/null || uuidgen | tr A-Z a-z; }

# An API user, its key, and a token.
U=$(uuid)
curl -s $BASE/v1_0/apiuser -H "$KEY" -H "X-Reference-Id: $U" -d '{"providerCallbackHost":"localhost"}'
K=$(curl -s $BASE/v1_0/apiuser/$U/apikey -H "$KEY" -d '' | cut -d'"' -f4)
T=$(curl -s $BASE/collection/token/ -u $U:$K -H "$KEY" -d '' | sed 's/.*"access_token":"\([^"]*\)".*/\1/')

# A request to pay, and its status.
R=$(uuid)
curl -s $BASE/collection/v1_0/requesttopay -H "$KEY" -H "Authorization: Bearer $T" \
  -H 'X-Target-Environment: sandbox' -H "X-Reference-Id: $R" -H 'Content-Type: application/json' \
  -d '{"amount":"100","currency":"EUR","externalId":"order-1","payer":{"partyIdType":"MSISDN","partyId":"46733123999"}}'
sleep 1
curl -s $BASE/collection/v1_0/requesttopay/$R -H "$KEY" -H "Authorization: Bearer $T" -H 'X-Target-Environment: sandbox'
