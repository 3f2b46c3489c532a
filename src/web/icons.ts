/** The icons that pages use, each an `svg` element, by Lucide's names. Add one by importing its file. @see https://lucide.dev/icons */

import arrowLeft from 'lucide-static/dist/esm/icons/arrow-left.mjs';
import arrowRight from 'lucide-static/dist/esm/icons/arrow-right.mjs';
import ban from 'lucide-static/dist/esm/icons/ban.mjs';
import bike from 'lucide-static/dist/esm/icons/bike.mjs';
import building from 'lucide-static/dist/esm/icons/building.mjs';
import camera from 'lucide-static/dist/esm/icons/camera.mjs';
import check from 'lucide-static/dist/esm/icons/check.mjs';
import chevronRight from 'lucide-static/dist/esm/icons/chevron-right.mjs';
import circleCheck from 'lucide-static/dist/esm/icons/circle-check.mjs';
import circleX from 'lucide-static/dist/esm/icons/circle-x.mjs';
import clock from 'lucide-static/dist/esm/icons/clock.mjs';
import doorClosed from 'lucide-static/dist/esm/icons/door-closed.mjs';
import doorOpen from 'lucide-static/dist/esm/icons/door-open.mjs';
import flashlight from 'lucide-static/dist/esm/icons/flashlight.mjs';
import gauge from 'lucide-static/dist/esm/icons/gauge.mjs';
import hand from 'lucide-static/dist/esm/icons/hand.mjs';
import heart from 'lucide-static/dist/esm/icons/heart.mjs';
import inbox from 'lucide-static/dist/esm/icons/inbox.mjs';
import info from 'lucide-static/dist/esm/icons/info.mjs';
import key from 'lucide-static/dist/esm/icons/key-round.mjs';
import languages from 'lucide-static/dist/esm/icons/languages.mjs';
import link from 'lucide-static/dist/esm/icons/link.mjs';
import loader from 'lucide-static/dist/esm/icons/loader-circle.mjs';
import logOut from 'lucide-static/dist/esm/icons/log-out.mjs';
import mapPin from 'lucide-static/dist/esm/icons/map-pin.mjs';
import nfc from 'lucide-static/dist/esm/icons/nfc.mjs';
import packageBox from 'lucide-static/dist/esm/icons/package.mjs';
import qrCode from 'lucide-static/dist/esm/icons/qr-code.mjs';
import settings from 'lucide-static/dist/esm/icons/settings.mjs';
import shield from 'lucide-static/dist/esm/icons/shield-check.mjs';
import parking from 'lucide-static/dist/esm/icons/square-parking.mjs';
import sun from 'lucide-static/dist/esm/icons/sun.mjs';
import alert from 'lucide-static/dist/esm/icons/triangle-alert.mjs';
import user from 'lucide-static/dist/esm/icons/user.mjs';
import wifiOff from 'lucide-static/dist/esm/icons/wifi-off.mjs';
import x from 'lucide-static/dist/esm/icons/x.mjs';

export const ICONS = {
  alert,
  arrowLeft,
  arrowRight,
  ban,
  bike,
  building,
  camera,
  check,
  chevronRight,
  circleCheck,
  circleX,
  clock,
  doorClosed,
  doorOpen,
  flashlight,
  gauge,
  hand,
  heart,
  inbox,
  info,
  key,
  languages,
  link,
  loader,
  logOut,
  mapPin,
  nfc,
  package: packageBox,
  parking,
  qrCode,
  settings,
  shield,
  sun,
  user,
  wifiOff,
  x,
} as const;
export type IconName = keyof typeof ICONS;
