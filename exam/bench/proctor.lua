-- Frames and answers of watched sittings, each candidate at their own pace: one connection each for every kind. The file named
-- first has lines of "<sitting> <cookie> <csrf> <slot:response …>". Then: how many threads, the kind ("frames" or "sync"), seconds
-- between two requests of one candidate, the first number (of a frame, or a revision), a folder of pictures and how many there are.
local threads = {}
function setup(thread)
  thread:set("share", #threads)
  table.insert(threads, thread)
end

local function pictures(folder, count)
  local found = {}
  for n = 1, count do
    local file = io.open(folder .. "/" .. n .. ".jpg", "rb")
    table.insert(found, file:read("*a"))
    file:close()
  end
  return found
end

function init(args)
  kind, seconds, first = args[3], tonumber(args[4]), tonumber(args[5])
  drawn = kind == "frames" and pictures(args[6], tonumber(args[7])) or {}
  people = {}
  local n = 0
  for line in io.lines(args[1]) do
    if n % tonumber(args[2]) == share then
      local fields = {}
      for field in string.gmatch(line, "[^\t]+") do table.insert(fields, field) end
      local headers = {["Content-Type"] = kind == "frames" and "image/jpeg" or "application/json", ["Cookie"] = fields[2], ["X-CSRF-Token"] = fields[3]}
      local responses = {}
      for i = 4, #fields do table.insert(responses, fields[i]) end
      table.insert(people, {path = "/sittings/" .. fields[1] .. "/" .. kind, headers = headers, responses = responses, sent = 0})
    end
    n = n + 1
  end
  turn, asked = 0, 0
  refused, thinned = 0, 0
end

-- Before each request of a connection: all of them together go round the candidates once in so many seconds. The first ones are
-- spread over one round.
function delay()
  asked = asked + 1
  if asked <= #people then return math.floor((asked - 1) / #people * seconds * 1000) end
  return math.floor(seconds * 1000)
end

function request()
  turn = turn % #people + 1
  local one = people[turn]
  one.sent = one.sent + 1
  if kind == "frames" then
    one.headers["X-Frame-Number"] = tostring(first + one.sent)
    return wrk.format("POST", one.path, one.headers, drawn[(turn + one.sent) % #drawn + 1])
  end
  local slot = (one.sent - 1) % #one.responses + 1
  local revision = math.floor((one.sent - 1) / #one.responses) + first
  local body = '{"claim":1,"answers":[{"slot":' .. slot .. ',"revision":' .. revision .. ',"response":' .. one.responses[slot] .. '}],"events":[]}'
  return wrk.format("POST", one.path, one.headers, body)
end

function response(status, headers, body)
  if status ~= 200 then refused = refused + 1 end
  if string.find(body, '"thinned":true', 1, true) then thinned = thinned + 1 end
end

function done(summary, latency, requests)
  local errors, bad, thin = summary.errors, 0, 0
  for _, thread in ipairs(threads) do
    bad = bad + thread:get("refused")
    thin = thin + thread:get("thinned")
  end
  io.write(string.format('{"requests":%d,"seconds":%.6f,"p50_ms":%.3f,"p99_ms":%.3f,"max_ms":%.3f,"errors":%d,"thinned":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1000, latency:percentile(99) / 1000, latency.max / 1000,
    errors.connect + errors.read + errors.write + errors.timeout + bad, thin))
end
