-- One answer a request: each thread has its share of the candidates and goes round them. The file named first has lines of
-- "<sitting> <cookie> <csrf> <slot:response …>"; responses stand as JSON, one a slot, separated by tabs. Then: how many
-- threads there are, and the first revision to send.
local threads = {}
function setup(thread)
  thread:set("share", #threads)
  table.insert(threads, thread)
end

function init(args)
  local n = 0
  people = {}
  for line in io.lines(args[1]) do
    if n % tonumber(args[2]) == share then
      local fields = {}
      for field in string.gmatch(line, "[^\t]+") do table.insert(fields, field) end
      local headers = {["Content-Type"] = "application/json", ["Cookie"] = fields[2], ["X-CSRF-Token"] = fields[3]}
      local responses = {}
      for i = 4, #fields do table.insert(responses, fields[i]) end
      table.insert(people, {path = "/sittings/" .. fields[1] .. "/sync", headers = headers, responses = responses, sent = 0})
    end
    n = n + 1
  end
  turn = 0
  first = tonumber(args[3])
end

function request()
  turn = turn % #people + 1
  local one = people[turn]
  local slot = one.sent % #one.responses + 1
  local revision = math.floor(one.sent / #one.responses) + first
  one.sent = one.sent + 1
  local body = '{"claim":1,"answers":[{"slot":' .. slot .. ',"revision":' .. revision .. ',"response":' .. one.responses[slot] .. '}],"events":[]}'
  return wrk.format("POST", one.path, one.headers, body)
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format('{"requests":%d,"seconds":%.6f,"p50_ms":%.3f,"p99_ms":%.3f,"max_ms":%.3f,"errors":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1000, latency:percentile(99) / 1000, latency.max / 1000,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
