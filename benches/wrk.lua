-- Sends the requests of a file, which are parted by NUL, one after the other and over again, and prints what came of it as a
-- line of JSON. Must not make requests: benches/lib.mjs does, which runs this.
--
--   wrk … -s benches/wrk.lua URL -- FILE PAUSE STATUS LOCATION
--   PAUSE       milliseconds that a connection waits before each request; 0 for none
--   STATUS      what every answer has to be; 0 takes any under 400, and is fastest
--   LOCATION    where an answer has to send to; an empty text for anywhere

local requests, position, threads = {}, 0, {}
good, bad = 0, 0

function setup(thread)
   table.insert(threads, thread)
end

function init(args)
   local file = assert(io.open(args[1], "rb"))
   for request in file:read("*a"):gmatch("%Z+") do
      requests[#requests + 1] = request
   end
   file:close()
   local pause, wanted, place = tonumber(args[2]), tonumber(args[3]), args[4] or ""
   if pause > 0 then
      -- Spread, so that connections do not march in step.
      delay = function() return math.random() * 2 * pause end
   end
   if wanted > 0 then
      response = function(status, headers)
         local location = ""
         for name, value in pairs(headers) do
            if name:lower() == "location" then location = value end
         end
         if status == wanted and (place == "" or location == place) then good = good + 1 else bad = bad + 1 end
      end
   end
end

function request()
   position = position % #requests + 1
   return requests[position]
end

function done(summary, latency)
   local right, wrong = 0, summary.errors.status
   for _, thread in ipairs(threads) do
      right, wrong = right + thread:get("good"), wrong + thread:get("bad")
   end
   local lost = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
   io.write(string.format(
      '\nresult {"seconds":%f,"requests":%d,"right":%d,"wrong":%d,"lost":%d,"p50":%f,"p99":%f,"most":%f}\n',
      summary.duration / 1e6, summary.requests, right, wrong, lost,
      latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3))
end
