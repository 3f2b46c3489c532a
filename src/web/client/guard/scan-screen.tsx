/** The camera, the direction, and what to do when a code is of no use. */
import { useEffect, useRef } from 'hono/jsx/dom';
import { Button } from '../../components/button.tsx';
import { Icon } from '../../components/icon.tsx';
import { Empty } from '../../components/states.tsx';
import { startCamera, stopCamera, switchLight } from './camera.ts';
import { lookAnew, scanned } from './scanning.ts';
import { type CameraState, change, ownGate, type State } from './state.ts';
import type { Words } from './words.ts';

interface Props {
  readonly state: State;
  readonly words: Words;
}

export function ScanScreen({ state, words }: Props) {
  const { t } = words;
  const gate = ownGate(state);
  return (
    <>
      <h1 class="unseen">{t('tabScan')}</h1>
      {state.device === null ? (
        <Empty icon="camera" title={t('noGateTitle')}>
          <p>{t('noGateText')}</p>
        </Empty>
      ) : (
        <>
          <div class="scan-head">
            <span class="scan-name">{gate?.name ?? t('thisGate')}</span>
            <DirectionSwitch state={state} words={words} />
          </div>
          <Camera state={state} words={words} />
        </>
      )}
      <div class="scan-actions">
        <Button type="button" icon="hand" wide="wide" onClick={() => change({ sheet: 'admit' })}>
          {t('byHand')}
        </Button>
      </div>
    </>
  );
}

function DirectionSwitch({ state, words: { t } }: Props) {
  const directions = ownGate(state)?.directions ?? [];
  return (
    <fieldset class="switch" aria-label={t('direction')}>
      {(['in', 'out'] as const)
        .filter((each) => directions.includes(each))
        .map((each) => (
          <button
            type="button"
            key={each}
            aria-pressed={String(each === state.direction)}
            onClick={() => change({ direction: each })}
          >
            {t(each)}
          </button>
        ))}
    </fieldset>
  );
}

const TROUBLES = {
  refused: 'cameraRefused',
  missing: 'cameraMissing',
  'no-decoder': 'decoderMissing',
} as const satisfies Partial<Record<CameraState, string>>;

function Camera({ state, words: { t } }: Props) {
  const video = useRef<HTMLVideoElement>(null);
  const begin = () => {
    if (video.current === null || document.visibilityState !== 'visible') return;
    lookAnew();
    void startCamera(video.current, scanned);
  };
  useEffect(() => {
    const follow = () => (document.visibilityState === 'visible' ? begin() : stopCamera());
    document.addEventListener('visibilitychange', follow);
    begin();
    return () => {
      document.removeEventListener('visibilitychange', follow);
      stopCamera();
    };
  }, []);
  const { camera, hint, asking, light } = state;
  const trouble = camera in TROUBLES ? TROUBLES[camera as keyof typeof TROUBLES] : null;
  return (
    <div class="finder">
      <video ref={video} muted playsinline aria-label={t('camera')} />
      {camera === 'on' && <span class="finder-frame" aria-hidden="true" />}
      {trouble !== null && (
        <div class="finder-trouble" role="alert">
          <Icon name="camera" />
          <p>{t(trouble)}</p>
          <Button type="button" kind="primary" onClick={begin}>
            {t('retry')}
          </Button>
        </div>
      )}
      {trouble === null && (
        <p class="finder-hint" role="status">
          {asking === 'yes' && <Icon name="loader" />}
          {hintOf()}
        </p>
      )}
      {light !== 'none' && (
        <button
          type="button"
          class="finder-light"
          aria-pressed={String(light === 'on')}
          aria-label={t('light')}
          onClick={() => void switchLight()}
        >
          <Icon name="flashlight" />
        </button>
      )}
    </div>
  );

  function hintOf(): string {
    if (asking === 'yes') return t('asking');
    if (hint === 'notOurs') return t('notOurs');
    return t(camera === 'on' ? 'aim' : 'cameraStarting');
  }
}
