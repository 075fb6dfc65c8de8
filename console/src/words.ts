/** How long ago a time was, in few words. @param now epoch milliseconds. */
export function ageOf(time: string | null, now = Date.now()): string {
  if (time === null) return 'unknown';
  const seconds = Math.max(0, (now - Date.parse(time)) / 1000);
  if (seconds < 60) return 'now';
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
  if (seconds < 7 * 86_400) return `${Math.floor(seconds / 86_400)} d`;
  return new Date(time).toLocaleDateString(undefined, { year: 'numeric', month: 'short', day: 'numeric' });
}

/** A time in full, where the reader is. */
export function timeOf(time: string | null): string {
  return time === null ? 'unknown time' : new Date(time).toLocaleString();
}

/** A number with its noun: `1 turn`, `1,204 turns`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString()} ${count === 1 ? one : many}`;
}
