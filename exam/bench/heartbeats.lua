-- One report a request: each thread has its share of the learners and goes round them. The file named first has lines of
-- "<player> <cookie> <csrf> <chapter>", separated by tabs. Then: how many threads there are, the number of the first report,
-- and when the pages' clocks began (ms since 1970).
local ffi = require("ffi")
ffi.cdef("typedef struct { long s; long us; } beat_time; int gettimeofday(beat_time *, void *);")
local now = ffi.new("beat_time")
local function millis()
  ffi.C.gettimeofday(now, nil)
  return math.floor(tonumber(now.s) * 1000 + tonumber(now.us) / 1000)
end

local threads = {}
function setup(thread)
  thread:set("share", #threads)
  table.insert(threads, thread)
end

function init(args)
  local n = 0
  people = {}
  began = tonumber(args[4])
  for line in io.lines(args[1]) do
    if n % tonumber(args[2]) == share then
      local player, cookie, csrf, chapter = string.match(line, "^([^\t]+)\t([^\t]+)\t([^\t]+)\t([^\t]+)$")
      local headers = {["Content-Type"] = "application/json", ["Cookie"] = cookie, ["X-CSRF-Token"] = csrf}
      local fixed = '{"player":"' .. player .. '","beats":[{"chapter":' .. chapter
      fixed = fixed .. ',"playing":true,"visible":true,"focused":true,"idle":0,"number":'
      table.insert(people, {headers = headers, fixed = fixed, number = tonumber(args[3]), position = 0})
    end
    n = n + 1
  end
  turn = 0
end

function request()
  turn = turn % #people + 1
  local one = people[turn]
  local at = millis() - began
  local played = at - (one.at or at)
  one.position = one.position + played
  local rest = string.format('%d,"at":%d,"played":%d,"position":%d}]}', one.number, at, played, one.position)
  one.number, one.at = one.number + 1, at
  return wrk.format("POST", "/learn/beat", one.headers, one.fixed .. rest)
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format('{"requests":%d,"seconds":%.6f,"p50_ms":%.3f,"p99_ms":%.3f,"max_ms":%.3f,"errors":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1000, latency:percentile(99) / 1000, latency.max / 1000,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
