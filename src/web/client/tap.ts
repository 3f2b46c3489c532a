/**
 * Reads the tap from the fragment, which no server has seen, sends it once and shows the answer. A reply that was lost
 * is asked for again: the same tap gets its first answer. An answer of another visit to the page is not shown as new.
 */
interface Answer {
  readonly decision: 'granted' | 'denied';
  readonly message: Readonly<Record<string, string>>;
  readonly guidance?: { readonly building: string };
  readonly speedLimitKmh?: number;
  readonly serverTime: string;
  readonly auditId: string;
}

const NAMES = ['piccData', 'uid', 'counter', 'encFileData', 'cmac'];
const ATTEMPTS = 3;
const PATIENCE_MS = 4_000;
const PAUSE_MS = 800;
const PAST_MS = 10_000;
/** A gate claims its order within 5 s: asked for every half second, and a little longer. */
const LOOK_MS = 500;
const LOOKS = 14;

function show(id: string, message?: string): void {
  for (const section of document.querySelectorAll('section')) section.hidden = section.id !== id;
  const target = document.querySelector(`#${id} .message`);
  if (target !== null && message !== undefined) target.textContent = message;
}

/** The MAC may have a name of its own, or stand directly behind the file data. */
function readTap(fragment: string): Record<string, string | null> {
  const given = new URLSearchParams(fragment);
  const tap: Record<string, string | null> = { tagId: given.get('t') };
  for (const name of NAMES) if (given.has(name)) tap[name] = given.get(name);
  const { cmac, encFileData } = tap;
  if (cmac !== undefined) return tap;
  const other = [...given].find(([name]) => name !== 't' && !NAMES.includes(name));
  if (other !== undefined) tap['cmac'] = other[1];
  else if (encFileData) {
    tap['cmac'] = encFileData.slice(-16);
    tap['encFileData'] = encFileData.slice(0, -16);
  }
  return tap;
}

const pause = (milliseconds: number) =>
  new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

async function send(tap: object, attempt: number): Promise<Response | null> {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PATIENCE_MS);
  try {
    const response = await fetch('/v1/rider/taps', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(tap),
      signal: patience.signal,
    });
    if (response.status < 500) return response;
  } catch {
    // lost, or too slow: asked again below
  } finally {
    clearTimeout(timer);
  }
  if (attempt === ATTEMPTS) return null;
  await pause(PAUSE_MS);
  return send(tap, attempt + 1);
}

async function showAnswer(response: Response): Promise<void> {
  const answer: Answer = await response.json();
  const said = answer.message[document.querySelector('main')?.dataset['language'] ?? 'zh'] ?? '';
  if (answer.decision !== 'granted') return show('refused', said);
  const age = Date.parse(response.headers.get('date') ?? '') - Date.parse(answer.serverTime);
  if (age > PAST_MS) return show('past');
  const building = answer.guidance ? ` · ${answer.guidance.building}` : '';
  const speed = answer.speedLimitKmh ? ` · ≤ ${answer.speedLimitKmh} km/h` : '';
  show('opening', said + building + speed);
  await followGate(answer.auditId, said + building + speed);
}

/** The tap was granted; the gate must still have heard of it. What cannot be asked is left as it stands. */
async function followGate(auditId: string, message: string): Promise<void> {
  for (let look = 0; look < LOOKS; look++) {
    const opening = await readOpening(auditId);
    if (opening === 'opened') return show('opened', message);
    if (opening === 'not_opened') return show('not-opened');
    await pause(LOOK_MS);
  }
}

async function readOpening(auditId: string): Promise<string | null> {
  try {
    const response = await fetch(`/v1/rider/taps/${auditId}`);
    return response.ok ? (await response.json()).opening : null;
  } catch {
    return null;
  }
}

async function run(): Promise<void> {
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
  void run();
});
void run();
