/** The script and the style of the tap page, as text: there is no bundler. */

/**
 * Reads the tap from the fragment, which no server has seen, sends it once and shows the answer. A reply that was lost
 * is asked for again: the same tap gets its first answer. An answer of another visit to the page is not shown as new.
 */
const SCRIPT = `'use strict';
(() => {
  const NAMES = ['piccData', 'uid', 'counter', 'encFileData', 'cmac'];
  const ATTEMPTS = 3;
  const PATIENCE_MS = 4000;
  const PAUSE_MS = 800;
  const PAST_MS = 10000;

  function show(id, message) {
    for (const section of document.querySelectorAll('section')) section.hidden = section.id !== id;
    const target = document.querySelector('#' + id + ' .message');
    if (message) target.textContent = message;
  }

  /** The MAC may have a name of its own, or stand directly behind the file data. */
  function readTap(fragment) {
    const given = new URLSearchParams(fragment);
    const tap = { tagId: given.get('t') };
    for (const name of NAMES) if (given.has(name)) tap[name] = given.get(name);
    if (tap.cmac !== undefined) return tap;
    const other = [...given].find(([name]) => name !== 't' && !NAMES.includes(name));
    if (other !== undefined) tap.cmac = other[1];
    else if (tap.encFileData !== undefined) {
      tap.cmac = tap.encFileData.slice(-16);
      tap.encFileData = tap.encFileData.slice(0, -16);
    }
    return tap;
  }

  const pause = () => new Promise((resolve) => setTimeout(resolve, PAUSE_MS));

  async function send(tap, attempt) {
    try {
      const response = await fetch('/v1/rider/taps', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(tap),
        signal: AbortSignal.timeout ? AbortSignal.timeout(PATIENCE_MS) : null,
      });
      if (response.status < 500) return response;
    } catch {}
    if (attempt === ATTEMPTS) return null;
    await pause();
    return send(tap, attempt + 1);
  }

  async function showAnswer(response) {
    const answer = await response.json();
    const said = answer.message[document.body.dataset.language];
    if (answer.decision !== 'granted') return show('refused', said);
    const age = Date.parse(response.headers.get('date')) - Date.parse(answer.serverTime);
    if (age > PAST_MS) return show('past');
    const building = answer.guidance ? ' · ' + answer.guidance.building : '';
    const speed = answer.speedLimitKmh ? ' · ≤ ' + answer.speedLimitKmh + ' km/h' : '';
    show('opened', said + building + speed);
  }

  async function run() {
    const fragment = location.hash.slice(1);
    if (fragment === '') return show('empty');
    const response = await send(readTap(fragment), 1);
    if (response === null || response.status === 429) return show('failed');
    if (response.status === 401) return show('sign-in');
    history.replaceState(null, '', location.pathname);
    if (response.status === 404) return show('unknown');
    if (response.status !== 200) return show('empty');
    await showAnswer(response);
  }

  // A second tap opens the page that is open already: only its fragment changes.
  addEventListener('hashchange', () => {
    if (location.hash.length < 2) return;
    show('waiting');
    run();
  });
  run();
})();
`;

const STYLE = `body { margin: 0; font: 1.25rem/1.5 system-ui, sans-serif; }
main { min-height: 100vh; display: grid; place-items: center; text-align: center; padding: 1.5rem; box-sizing: border-box; }
h1 { font-size: 2.5rem; margin: 0 0 .5rem; }
p { margin: .5rem 0; }
p:empty { display: none; }
.message { font-weight: 600; }
#opened h1 { color: #1a7f37; }
#refused h1, #failed h1 { color: #c93c37; }
`;

/** By name: the content and its type. */
export const TAP_FILES = {
  'tap.js': { content: SCRIPT, type: 'text/javascript; charset=utf-8' },
  'tap.css': { content: STYLE, type: 'text/css; charset=utf-8' },
} as const;
