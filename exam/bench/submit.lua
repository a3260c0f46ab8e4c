-- Everybody hands in, once. The file named first has lines of "<sitting> <cookie> <csrf> …"; then how many threads there are.
local threads = {}
function setup(thread)
  thread:set("share", #threads)
  table.insert(threads, thread)
end

function init(args)
  local n = 0
  people, turn, promised = {}, 0, 0
  for line in io.lines(args[1]) do
    if n % tonumber(args[2]) == share then
      local sitting, cookie, csrf = string.match(line, "^([^\t]+)\t([^\t]+)\t([^\t]+)")
      table.insert(people, {sitting = sitting, cookie = cookie, csrf = csrf})
    end
    n = n + 1
  end
end

function delay()
  if promised < #people then
    promised = promised + 1
    return 0
  end
  return 600000
end

function request()
  if share == 0 and not tried then -- wrk asks the first thread once, to see what requests look like, and sends nothing
    tried = true
    return wrk.format("GET", "/")
  end
  turn = turn + 1
  local one = people[turn]
  return wrk.format("POST", "/sittings/" .. one.sitting .. "/submit",
    {["Cookie"] = one.cookie, ["X-CSRF-Token"] = one.csrf, ["Content-Type"] = "application/json"},
    '{"claim":1,"answers":[],"events":[]}')
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format('{"requests":%d,"seconds":%.6f,"p50_ms":%.3f,"p99_ms":%.3f,"errors":%d}\n', summary.requests,
    summary.duration / 1e6, latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
