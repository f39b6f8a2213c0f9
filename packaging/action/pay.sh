#!/usr/bin/env bash
# Makes one payment and asks for its status, as a job's tests would: a try of action.yml. It uses only
# the variables that the action sets.
set -euo pipefail

call() {
  curl --fail-with-body --silent --show-error --max-time 10 \
    -H "Ocp-Apim-Subscription-Key: $MOMO_SANDBOX_PRIMARY_KEY" "$@"
}
base=$MOMO_SANDBOX_URL/collection
token=$(call -u "$MOMO_SANDBOX_API_USER_ID:$MOMO_SANDBOX_API_KEY" -d '' "$base/token/" |
  sed 's/.*"access_token" *: *"\([^"]*\)".*/\1/')
reference=1f0e9d8c-7b6a-4594-8372-61504f3e2d1c
momo() {
  call -H "Authorization: Bearer $token" -H "X-Target-Environment: $MOMO_SANDBOX_ENVIRONMENT" "$@"
}
status=$(momo -o /dev/null -w '%{http_code}' -H "X-Reference-Id: $reference" \
  -H 'Content-Type: application/json' "$base/v1_0/requesttopay" -d '{
    "amount": "12.50", "currency": "'"$MOMO_SANDBOX_CURRENCY"'", "externalId": "order-1",
    "payer": {"partyIdType": "MSISDN", "partyId": "46733123999"},
    "payerMessage": "", "payeeNote": ""}')
[ "$status" = 202 ] || { echo "the payment was answered with $status, expected 202" >&2; exit 1; }
# A minute passes at once, whether or not the clock is paused.
curl --fail-with-body --silent --show-error -X POST -H 'Content-Type: application/json' \
  -d '{"by": "1m"}' "$MOMO_SANDBOX_URL/_sandbox/clock/advance" >/dev/null
momo "$base/v1_0/requesttopay/$reference" | grep -F '"SUCCESSFUL"'
