// The server's time on this page: an offset to the browser's monotonic clock. The local date and time zone are never asked.

const FRESH_MS = 120_000;
const JUMP_MS = 1500;
const MINUTE = 60_000;

/** Minutes before the end at which a candidate is told the time. */
export const ANNOUNCED_MINUTES = [30, 15, 5, 1];

/** The server's clock, from samples. `monotonic` gives milliseconds that only grow. */
export function createClock(monotonic = () => performance.now()) {
  let best = null;

  return {
    /** A reply that said `serverMs`, asked for at `sentAt` and read at `receivedAt` (monotonic): right to half the way there and back. */
    sample(serverMs, sentAt, receivedAt) {
      const error = Math.max(0, receivedAt - sentAt) / 2;
      const offset = serverMs - (sentAt + receivedAt) / 2;
      // After the computer slept the monotonic clock may have stood still: then the old offset is wrong, however exact it was.
      const jumped = best && Math.abs(offset - best.offset) > error + best.error + JUMP_MS;
      if (!best || jumped || error <= best.error || receivedAt - best.takenAt > FRESH_MS) best = { offset, error, takenAt: receivedAt };
    },
    /** The server's time now, in milliseconds since 1970; null before the first sample. */
    now: () => (best ? monotonic() + best.offset : null),
  };
}

/** The minute mark that was passed between two readings of the time left (milliseconds), the lowest one, or null. */
export function markPassed(before, after) {
  const passed = ANNOUNCED_MINUTES.filter((minutes) => before > minutes * MINUTE && after <= minutes * MINUTE && after > 0);
  return passed.length ? Math.min(...passed) : null;
}

/** Time left as 1:05:09 or 05:09; never below zero. A started second still counts. */
export function formatLeft(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (n) => String(n).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${two(minutes)}:${two(rest)}`;
}

const SHANGHAI_MS = 8 * 3600_000;

/** An instant of the server as 10:32:05, Beijing time (UTC+8, no summer time). */
export function formatTime(ms) {
  return new Date(ms + SHANGHAI_MS).toISOString().slice(11, 19);
}
