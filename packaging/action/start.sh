#!/usr/bin/env bash
# Starts momosandbox in the background and waits until it answers, for action.yml.
#
# Reads MOMO_ACTION_SCENARIO, MOMO_ACTION_ARGUMENTS (one argument a line), MOMO_ACTION_PORT,
# MOMO_ACTION_CALLBACK_HOST, MOMO_ACTION_WAIT (seconds), and what every runner sets: RUNNER_TEMP,
# GITHUB_ENV, GITHUB_OUTPUT. Writes the variables of `momosandbox env` to GITHUB_ENV.
set -euo pipefail

fail() {
  echo "::error title=momosandbox::$*"
  exit 1
}

port=$MOMO_ACTION_PORT
[[ $port =~ ^[0-9]+$ && $port -ge 1 && $port -le 65535 ]] ||
  fail "the port is '$port', expected a number from 1 to 65535"
[[ $MOMO_ACTION_WAIT =~ ^[0-9]+$ ]] || fail "wait is '$MOMO_ACTION_WAIT', expected seconds"

arguments=(serve --listen "127.0.0.1:$port")
if [ -n "$MOMO_ACTION_SCENARIO" ]; then
  arguments+=(--scenario "$MOMO_ACTION_SCENARIO")
fi
while IFS= read -r argument; do
  argument=${argument%$'\r'}
  [ -z "$argument" ] || arguments+=("$argument")
done <<<"$MOMO_ACTION_ARGUMENTS"

log=${RUNNER_TEMP//\\//}/momosandbox.log
nohup momosandbox "${arguments[@]}" >"$log" 2>&1 </dev/null &
process=$!

deadline=$((SECONDS + MOMO_ACTION_WAIT))
# Its own word comes first: another program may have the port, and answer.
until grep -q "listening on http://" "$log" &&
  momosandbox health --listen "127.0.0.1:$port" 2>/dev/null; do
  if ! kill -0 "$process" 2>/dev/null; then
    cat "$log"
    fail "momosandbox ended before it answered; its last words are above"
  fi
  if [ "$SECONDS" -ge "$deadline" ]; then
    cat "$log"
    kill "$process"
    fail "momosandbox did not answer on port $port within $MOMO_ACTION_WAIT s"
  fi
  sleep 0.2
done

url=http://127.0.0.1:$port
{
  echo "url=$url"
  echo "log=$log"
  echo "process=$process"
} >>"$GITHUB_OUTPUT"

# A file of variables has its values in single quotes, which GITHUB_ENV takes for part of them.
momosandbox env --url "$url" --callback-host "$MOMO_ACTION_CALLBACK_HOST" --shell dotenv |
  sed "s/^\([A-Z0-9_]*\)='\(.*\)'\$/\1=\2/" >>"$GITHUB_ENV"
head -n 1 "$log"
