-- What each request is, read from the environment; at the end the figures as one line of JSON.
-- KIND: "claim" gives numbered commands, "list" asks with the tokens in turn.
local kind = os.getenv("BENCH_KIND")
local path = os.getenv("BENCH_PATH")
local body = os.getenv("BENCH_BODY")
local number = tonumber(os.getenv("BENCH_FIRST") or "0") - 1
local tokens = {}
for token in string.gmatch(os.getenv("BENCH_TOKENS") or "", "[^,]+") do
  tokens[#tokens + 1] = "Bearer " .. token
end

request = function()
  number = number + 1
  local headers = { ["Authorization"] = tokens[number % #tokens + 1] }
  if kind == "claim" then
    headers["Content-Type"] = "application/json"
    headers["Idempotency-Key"] = path .. number
    return wrk.format("POST", string.gsub(path, "NUMBER", tostring(number)), headers, body)
  end
  return wrk.format("GET", path, headers)
end

done = function(summary, latency, requests)
  local failed = summary.errors.status + summary.errors.connect + summary.errors.read
    + summary.errors.write + summary.errors.timeout
  io.write(string.format(
    '\n{"requests":%d,"microseconds":%d,"failed":%d,"p50":%d,"p99":%d}\n',
    summary.requests, summary.duration, failed,
    latency:percentile(50), latency:percentile(99)))
end
