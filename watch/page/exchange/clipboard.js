// Copies text, so that it can be pasted into another program.

/**
 * Copy a text.
 *
 * @param {string} text
 * @returns {Promise<boolean>} whether the browser did
 */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Refused; or the page came without TLS from another machine, where browsers have no clipboard.
    return copySelected(text);
  }
}

/** @param {string} text */
function copySelected(text) {
  const focused = document.activeElement;
  const area = document.createElement("textarea");
  area.className = "hidden";
  area.value = text;
  document.body.append(area);
  area.select();
  const isCopied = document.execCommand("copy");
  area.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return isCopied;
}
