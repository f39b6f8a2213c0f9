#!/usr/bin/env bash
# A load with wrk against a running emulator: POST requesttopay, then GET of their statuses.
#
#   benches/load.sh [URL] [SECONDS] [CONNECTIONS]      http://127.0.0.1:4673, 10 and 32
#
# Needs curl and wrk (apt install wrk, brew install wrk). Fails if any answer is not 202, or 200.
set -euo pipefail
url=${1:-http://127.0.0.1:4673} seconds=${2:-10} connections=${3:-32}
script=$(dirname "$0")/load.lua

command -v wrk >/dev/null || { echo "load.sh: wrk is not installed: apt install wrk" >&2; exit 1; }
curl -sf -o /dev/null "$url/_sandbox/health" || {
  echo "load.sh: no emulator answers at $url: start one with cargo run --release" >&2
  exit 1
}

run=$(od -An -N4 -tx4 /dev/urandom | tr -d ' ')
user=$run-0000-4000-8000-000000000000
key='Ocp-Apim-Subscription-Key: any'
curl -sf "$url/v1_0/apiuser" -H "$key" -H "X-Reference-Id: $user" \
  -d '{"providerCallbackHost":"localhost"}'
secret=$(curl -sf "$url/v1_0/apiuser/$user/apikey" -H "$key" -d '' | cut -d'"' -f4)
token=$(curl -sf "$url/collection/token/" -u "$user:$secret" -H "$key" -d '' | cut -d'"' -f4)

# load METHOD [FIRST KNOWN]: prints what came of it, fails on an unexpected answer.
load() {
  local last answers rate unexpected status broken
  last=$(wrk -t1 -c"$connections" -d"${seconds}s" -s "$script" "$url" -- \
    "$token" "$1" "$run" "${@:2}" | tail -n 1)
  read -r answers rate unexpected status broken <<<"$last"
  echo "load.${1,,}.rate: $rate ($rate to $rate) requests/s"
  if [ "$unexpected" != 0 ] || [ "$broken" != 0 ] || [ "$answers" = 0 ]; then
    echo "load.sh: of $answers answers to $1, $unexpected were not as expected (such as $status)," \
      "and $broken broke off" >&2
    exit 1
  fi
  posted=$answers
}

load POST
# The newest: the oldest may be gone, and the very last may have been under way at the end.
known=$((posted < 2000 ? posted / 2 : 1000))
load GET $((posted - known - posted / 10)) "$known"
