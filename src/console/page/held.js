// New rows wait while somebody reads the list, so that no row moves under them.

import { keyOf } from "./html.js";

// Whether somebody reads these rows: has scrolled, or has something focused or selected in them.
export function isRead(rows) {
  if (!rows) return false;
  const selection = getSelection();
  const isMarked = !selection.isCollapsed && selection.containsNode(rows, true);
  return scrollY > 0 || isMarked || rows.contains(document.activeElement);
}

// Parts the lines that were found: those to show, which are the shown ones as they are now and what
// is below them, and those that wait. `isCut` tells that more lines were there than were asked for.
export function hold(found, shown, isCut) {
  const keys = new Set(shown.map(keyOf));
  const isShown = (line) => keys.has(keyOf(line));
  const end = found.findLastIndex(isShown) + 1;
  // So many are new that no shown one was found any more, or all shown ones are gone.
  if (end === 0) return isCut ? { lines: shown, waiting: found } : { lines: found, waiting: [] };
  const above = found.slice(0, end);
  // Lines below the last one that was asked for stay as they were.
  const last = shown.findIndex((line) => keyOf(line) === keyOf(found[end - 1]));
  const below = isCut && end === found.length ? shown.slice(last + 1) : found.slice(end);
  return { lines: [...above.filter(isShown), ...below], waiting: above.filter((line) => !isShown(line)) };
}
