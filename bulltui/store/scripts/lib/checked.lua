-- Jobs that are changed only while they are as they were saved. Comes after `item` and `jobs`.
local digests = {}

-- Does `work` with each job from ARGV[first] on, an id and the digest that it must have ("": any), until it is late.
-- What it answers is the reason why the job was left as it was. Notes what each changed one is then.
local function each_checked(first, work)
  for i = first, #ARGV, 2 do
    local id, digest = ARGV[i], ARGV[i + 1]
    local job = look(queue, id)
    local reason = job.reason
    if not reason and not job.hash then
      reason = "missing"
    elseif not reason and digest ~= "" and digest ~= job.digest then
      reason = "changed"
    end
    reason = reason or work(job)
    statuses[#statuses + 1] = reason or ""
    if not reason then
      digests[#digests + 1] = digest ~= "" and look(queue, id).digest or ""
    end
    if is_late() then
      return
    end
  end
end
