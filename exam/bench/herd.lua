-- Everybody presses start at once, each on a connection of their own, and then opens the paper. The file named first has
-- lines of "<sitting> <cookie> <csrf> <name>"; then: how many threads there are, and where to write what was seen.
local ffi = require("ffi")
ffi.cdef("typedef struct { long s; long us; } herd_time; int gettimeofday(herd_time *, void *);")
local now = ffi.new("herd_time")
local function millis()
  ffi.C.gettimeofday(now, nil)
  return tonumber(now.s) * 1000 + tonumber(now.us) / 1000
end

local threads = {}
function setup(thread)
  thread:set("share", #threads)
  table.insert(threads, thread)
end

function init(args)
  local n = 0
  people, by_sitting, pressed, ready = {}, {}, {}, {}
  starts, papers, turn, fetched, done_count = 0, 0, 0, 0, 0
  for line in io.lines(args[1]) do
    if n % tonumber(args[2]) == share then
      local sitting, cookie, csrf, name = string.match(line, "^([^\t]+)\t([^\t]+)\t([^\t]+)\t([^\t]+)$")
      local one = {sitting = sitting, cookie = cookie, csrf = csrf, name = name}
      table.insert(people, one)
      by_sitting[sitting] = one
    end
    n = n + 1
  end
  out = io.open(args[3] .. "." .. share, "w")
end

-- Asked before every request: each start and each paper that can be fetched is promised to one connection; the others have
-- nothing left to do.
function delay()
  if starts < #people then
    starts = starts + 1
    return 0
  end
  if papers < #ready then
    papers = papers + 1
    return 0
  end
  return 600000
end

function request()
  if share == 0 and not tried then -- wrk asks the first thread once, to see what requests look like, and sends nothing
    tried = true
    return wrk.format("GET", "/")
  end
  if turn < starts then
    turn = turn + 1
    local one = people[turn]
    pressed[one.sitting] = millis()
    return wrk.format("POST", "/sittings/" .. one.sitting .. "/start",
      {["Cookie"] = one.cookie, ["Content-Type"] = "application/x-www-form-urlencoded"}, "csrf_token=" .. one.csrf)
  end
  fetched = fetched + 1
  local sitting = ready[fetched]
  if not sitting then return wrk.format("GET", "/nothing-left") end -- a connection that was lost and made anew
  return wrk.format("GET", "/sittings/" .. sitting, {["Cookie"] = by_sitting[sitting].cookie, ["Accept-Encoding"] = "identity"})
end

function response(status, headers, body)
  if status == 303 then
    local sitting = string.match(headers["location"] or headers["Location"], "(%d+)$")
    out:write("start ", sitting, " ", string.format("%.3f", millis()), "\n")
    table.insert(ready, sitting)
    return
  end
  local sitting = string.match(body, 'data%-sitting="(%d+)"')
  local name = string.match(body, '<span class="who">([^<]*)</span>')
  out:write("paper ", sitting or "0", " ", string.format("%.3f", millis()), " ", status, " ",
    sitting and string.format("%.3f", pressed[sitting] or 0) or "0", " ", name or "-", " ", #body, "\n")
  done_count = done_count + 1
  if done_count >= #people then
    out:write("end\n")
    out:close()
  end
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format('{"requests":%d,"seconds":%.6f,"errors":%d}\n', summary.requests, summary.duration / 1e6,
    errors.connect + errors.read + errors.write + errors.timeout))
end
