-- What wrk sends to the emulator, told by load.sh: the token, `POST` or `GET`, a run's eight hex
-- digits, and for GET the first number and how many there are.

function setup(thread)
  only_thread = thread
end

function init(arguments)
  token, method, run = arguments[1], arguments[2], arguments[3]
  first, known = tonumber(arguments[4] or 0), tonumber(arguments[5] or 0)
  expected = method == "POST" and 202 or 200
  number, unexpected, an_unexpected = 0, 0, 0
  headers = {
    ["Authorization"] = "Bearer " .. token,
    ["Ocp-Apim-Subscription-Key"] = "any",
    ["X-Target-Environment"] = "sandbox",
    ["Content-Type"] = "application/json",
  }
  body = '{"amount":"12.50","currency":"EUR","externalId":"order-1",'
    .. '"payer":{"partyIdType":"MSISDN","partyId":"46733123999"},'
    .. '"payerMessage":"thank you","payeeNote":"order 1"}'
end

function request()
  number = number + 1
  local path = "/collection/v1_0/requesttopay"
  if method == "POST" then
    headers["X-Reference-Id"] = string.format("%s-0000-4000-8000-%012x", run, number)
    return wrk.format("POST", path, headers, body)
  end
  local one = first + number % known
  path = string.format("%s/%s-0000-4000-8000-%012x", path, run, one)
  return wrk.format("GET", path, headers)
end

function response(status)
  if status ~= expected then
    unexpected, an_unexpected = unexpected + 1, status
  end
end

-- The last line is for load.sh: answers, a second, unexpected ones, one of those, broken ones.
function done(summary)
  local errors = summary.errors
  local broken = errors.connect + errors.read + errors.write + errors.timeout
  local rate = summary.requests / (summary.duration / 1e6)
  io.write(string.format("%d %.0f %d %d %d\n", summary.requests, rate,
    only_thread:get("unexpected"), only_thread:get("an_unexpected"), broken))
end
