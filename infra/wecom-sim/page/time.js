// Telling the time, as China does.

const zone = 'Asia/Shanghai';
const CHINA_MS = 8 * 3_600_000;
const DAY_MS = 86_400_000;
const format = (options) => new Intl.DateTimeFormat('zh-CN', { timeZone: zone, hourCycle: 'h23', ...options });
const two = '2-digit';
const full = format({ year: 'numeric', month: two, day: two, weekday: 'short', hour: two, minute: two, second: two });
const short = format({ month: two, day: two, hour: two, minute: two });
const precise = format({ month: two, day: two, hour: two, minute: two, second: two });

const tell = (with_, at) => {
  const date = new Date(at ?? NaN);
  return Number.isNaN(date.getTime()) ? '' : with_.format(date);
};
export const fullTime = (at) => tell(full, at).replace(/\s*(周.)\s*/, ' $1 ');
export const shortTime = (at) => tell(short, at);
export const preciseTime = (at) => tell(precise, at);

/** Tomorrow 9:00 in China, whatever zone the browser is in. */
export function tomorrowAtNine(nowMs) {
  return new Date((Math.floor((nowMs + CHINA_MS) / DAY_MS) + 1) * DAY_MS - CHINA_MS + 9 * 3_600_000).toISOString();
}

/** What a date and time field holds for an instant, and back. */
export const toField = (ms) => new Date(ms + CHINA_MS).toISOString().slice(0, 16);
export const fromField = (text) => `${text}:00+08:00`;

/** How long from one instant to another, roughly, in words. */
export function howLong(ms) {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} 秒`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} 分钟`;
  if (seconds < 86_400) return `${Math.round(seconds / 360) / 10} 小时`;
  return `${Math.round(seconds / 8640) / 10} 天`;
}
