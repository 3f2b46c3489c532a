import { catalogue } from '../translate.ts';

/** The guard's page. */
export const guard = catalogue({
  title: { zh: '门岗', en: 'Guard' },
  appName: { zh: '门岗', en: 'Guard desk' },
  loading: { zh: '正在准备…', en: 'Getting ready…' },

  tabs: { zh: '页面', en: 'Pages' },
  tabScan: { zh: '扫码', en: 'Scan' },
  tabGates: { zh: '开门', en: 'Open' },
  tabInside: { zh: '在内', en: 'Inside' },
  tabAlerts: { zh: '提醒', en: 'Alerts' },
  tabMe: { zh: '设置', en: 'Set-up' },

  // ── this phone as a gate
  enrolTitle: { zh: '把这台手机设为门岗', en: 'Make this phone a guard’s gate' },
  enrolText: {
    zh: '请物业在“门禁”里新建一个“保安手机”，用相机扫它的二维码，或把登记码填在这里。登记码 15 分钟内有效，只能用一次。',
    en: 'Ask the manager to add a “guard’s phone” under Gates, scan its QR with your camera, or enter its code here. A code works once, for 15 minutes.',
  },
  enrolReady: {
    zh: '登记码已读到。按下面的按钮，这台手机就是门岗。',
    en: 'The code was read. Press the button and this phone is the gate.',
  },
  enrolReplace: {
    zh: '这台手机现在是“{name}”。继续会换成新的门岗。',
    en: 'This phone is “{name}” now. Going on makes it the new gate instead.',
  },
  enrolCode: { zh: '登记码', en: 'Enrolment code' },
  enrolDo: { zh: '设为门岗', en: 'Make it the gate' },
  enrolKeep: { zh: '保持原来的', en: 'Keep what it is' },
  enrolRefused: {
    zh: '登记码不对、已过期或已被别的手机用过。请物业再生成一个。',
    en: 'The code is wrong, too old, or another phone has used it. Ask the manager for a new one.',
  },
  enrolUnreachable: {
    zh: '连不上服务器。登记码没有作废，有网后再按一次。',
    en: 'The server cannot be reached. The code is still good: press again when there is a network.',
  },
  enrolInsecure: {
    zh: '浏览器只在 HTTPS 网址上提供密钥和相机。请用 https:// 打开本页。',
    en: 'Browsers give keys and cameras to HTTPS pages only. Open this page by https://.',
  },
  revoked: {
    zh: '这台手机已被物业停用，不再是门岗。',
    en: 'The manager has revoked this phone: it is no gate any more.',
  },
  keyNote: {
    zh: '密钥在这台手机里生成，导不出来，也不会离开手机。',
    en: 'The key is made on this phone. It cannot be read out and never leaves it.',
  },
  signIn: { zh: '用账号登录', en: 'Sign in with an account' },
  signInText: {
    zh: '有账号的保安登录后，可以确认、放行、开门、看谁在里面；扫码要先把手机设为门岗。',
    en: 'A guard with an account can confirm, admit, open gates and see who is inside. Scanning needs the phone to be a gate.',
  },

  // ── scanning
  direction: { zh: '方向', en: 'Direction' },
  in: { zh: '进门', en: 'In' },
  out: { zh: '出门', en: 'Out' },
  aim: { zh: '把骑手的通行码放进框里', en: 'Hold the rider’s code in the frame' },
  asking: { zh: '正在核对…', en: 'Checking…' },
  notOurs: {
    zh: '这不是通行码，请骑手打开通行证页面',
    en: 'Not a courier code: ask for the pass page',
  },
  camera: { zh: '相机', en: 'Camera' },
  cameraStarting: { zh: '正在打开相机…', en: 'Starting the camera…' },
  cameraRefused: {
    zh: '没有相机权限。请在浏览器的网站设置里允许相机，再点“重试”。',
    en: 'The camera is not allowed. Allow it in the browser’s site settings, then try again.',
  },
  cameraMissing: {
    zh: '没找到相机，或相机正被别的程序使用。',
    en: 'No camera was found, or another app is using it.',
  },
  decoderMissing: {
    zh: '读码程序没有加载成功，请检查网络后重试。',
    en: 'The code reader could not be loaded. Check the network and try again.',
  },
  retry: { zh: '重试', en: 'Try again' },
  light: { zh: '手电筒', en: 'Light' },
  noGateTitle: { zh: '这台手机还不能扫码', en: 'This phone cannot scan yet' },
  noGateText: {
    zh: '您已用账号登录，可以确认、放行和开门。要扫码，请先在“设置”里把手机设为门岗。',
    en: 'You are signed in and can confirm, admit and open gates. To scan, make this phone a gate under Set-up.',
  },
  byHand: { zh: '手动放行', en: 'Admit by hand' },

  // ── the answer
  granted: { zh: '放行', en: 'Let in' },
  grantedOut: { zh: '可以出门', en: 'May leave' },
  denied: { zh: '不能进', en: 'Do not let in' },
  waits: { zh: '请您确认', en: 'Your decision' },
  unknown: { zh: '没法核对', en: 'Could not check' },
  waitsText: {
    zh: '按本小区规则，这次进门要保安确认。看一眼人和车，再按“确认放行”。',
    en: 'The rules here ask a guard. Look at the rider and the vehicle, then confirm.',
  },
  confirm: { zh: '确认放行', en: 'Confirm: let in' },
  confirmLeft: { zh: '还有 {left}', en: '{left} left' },
  confirmOver: {
    zh: '已超过 2 分钟，或别人已确认。请骑手再扫一次。',
    en: 'More than 2 minutes ago, or somebody confirmed it. Ask the rider to scan again.',
  },
  notConfirm: { zh: '不放行', en: 'Do not let in' },
  next: { zh: '下一位', en: 'Next rider' },
  close: { zh: '关闭', en: 'Close' },
  building: { zh: '{building} 号楼', en: 'Building {building}' },
  pickup: { zh: '取货', en: 'Pick-up' },
  noLabel: { zh: '{platform} 订单', en: '{platform} order' },
  more: { zh: '还有 {count} 单', en: '{count} more' },
  speedLimit: { zh: '限速 {limit} 公里/小时', en: 'At most {limit} km/h' },
  atGate: { zh: '在{name}', en: 'at {name}' },
  tellRider: { zh: '请告诉骑手', en: 'Tell the rider' },
  judgedAlone: {
    zh: '没有网络，由手机按规则判断，联网后自动上报。',
    en: 'No network: judged by this phone by the rules, reported once it is back.',
  },
  unreachableIn: {
    zh: '没有网络，手机不能判断这个码。可以等一等再扫，或手动放行并写明原因。',
    en: 'No network, and this phone cannot judge the code. Scan again in a moment, or admit by hand with a reason.',
  },
  unreachableOut: {
    zh: '没有网络，但出门从不阻拦。联网后自动补记。',
    en: 'No network; nobody is kept inside. It is reported once the network is back.',
  },
  refusedByServer: {
    zh: '服务器没有受理（{status}）。请再扫一次，或手动放行并写明原因。',
    en: 'The server did not take it ({status}). Scan again, or admit by hand with a reason.',
  },

  foot: { zh: '步行', en: 'On foot' },
  bicycle: { zh: '自行车', en: 'Bicycle' },
  'e-bike': { zh: '电动自行车', en: 'E-bike' },
  motorcycle: { zh: '摩托车', en: 'Motorcycle' },
  van: { zh: '面包车', en: 'Van' },

  // ── by hand
  admitTitle: { zh: '手动放行', en: 'Admit by hand' },
  admitText: { zh: '会写进记录：谁、几点、为什么。', en: 'It goes on record: who, when and why.' },
  admitReason: { zh: '原因', en: 'Reason' },
  admitOther: { zh: '其他原因', en: 'Another reason' },
  admitNeedsReason: { zh: '请选一个原因，或写一句', en: 'Choose a reason, or write one' },
  reasonBattery: { zh: '骑手手机没电', en: 'Rider’s phone has no power' },
  reasonSignal: { zh: '骑手手机没信号', en: 'Rider’s phone has no signal' },
  reasonUnread: { zh: '码扫不上', en: 'Code cannot be read' },
  reasonResident: { zh: '住户来电同意', en: 'Resident called and agreed' },
  reasonHandover: { zh: '替班或交接', en: 'Stand-in or hand-over' },
  admitGate: { zh: '哪个门', en: 'Which gate' },
  admitDo: { zh: '放行并记录', en: 'Admit and record' },
  admitted: { zh: '已记录', en: 'On record' },
  admitKept: {
    zh: '没有网络：已记在手机里，联网后自动上报。',
    en: 'No network: kept on this phone and reported once it is back.',
  },
  admitNeedsNetwork: {
    zh: '没有网络，别的门开不了。请到那个门手动开。',
    en: 'No network: another gate cannot be opened from here.',
  },
  lateReason: {
    zh: '{reason}（{time} 放行，后补记）',
    en: '{reason} (admitted {time}, recorded later)',
  },

  // ── open
  gatesTitle: { zh: '远程开门', en: 'Open a gate' },
  gatesEmpty: { zh: '没有可以远程开的门', en: 'No gate to open from here' },
  gatesEmptyText: {
    zh: '装了闸机的门会出现在这里。',
    en: 'Gates with hardware appear here.',
  },
  open: { zh: '开门', en: 'Open' },
  openName: { zh: '开{name}', en: 'Open {name}' },
  openWhy: { zh: '为什么开门？', en: 'Why open it?' },
  opening: { zh: '正在开…', en: 'Opening…' },
  opened: { zh: '{name}开了', en: '{name} is open' },
  notOpened: { zh: '{name}没有应答，没开', en: '{name} did not answer and stays shut' },
  openAsked: { zh: '保安被请求开门', en: 'You are asked to open' },
  openAskedText: {
    zh: '物业远程请您开一次门。',
    en: 'The manager asks you to open the gate once.',
  },
  cancel: { zh: '取消', en: 'Cancel' },

  // ── inside
  insideTitle: { zh: '谁在里面', en: 'Who is inside' },
  insideCount: { zh: '{count} 位骑手', en: '{count} riders' },
  insideEmpty: { zh: '现在没有骑手在里面', en: 'No rider is inside' },
  insideEmptyText: {
    zh: '进门的骑手会出现在这里，出门后消失。',
    en: 'Riders appear here when they enter, until they leave.',
  },
  since: { zh: '{time} 进，已 {span}', en: 'In at {time}, {span} ago' },
  through: { zh: '经 {name}', en: 'by {name}' },

  // ── alerts
  alertsTitle: { zh: '提醒', en: 'Alerts' },
  alertsEmpty: { zh: '没有提醒', en: 'No alerts' },
  alertsEmptyText: { zh: '异常会出现在这里。', en: 'What is unusual appears here.' },
  lasting: { zh: '还在持续', en: 'Going on' },
  newAlerts: { zh: '{count} 条新提醒', en: '{count} new alerts' },

  // ── waiting
  waitingBanner: { zh: '{name}有骑手等您确认', en: 'A rider waits for you at {name}' },
  look: { zh: '查看', en: 'Look' },

  // ── set-up
  thisGate: { zh: '这个门岗', en: 'This gate' },
  thisGateText: { zh: '{name}（{directions}）', en: '{name} ({directions})' },
  forget: { zh: '不再当门岗', en: 'Stop being a gate' },
  forgetText: {
    zh: '手机里的密钥会被删除，要再用得重新登记。有没上报的记录时不能删。',
    en: 'The key on this phone is deleted; it must be enrolled again. Not while records wait to be sent.',
  },
  forgetSure: { zh: '确定删除密钥', en: 'Yes, delete the key' },
  forgetWaits: {
    zh: '还有 {count} 条记录没上报，请联网后再试。',
    en: '{count} records wait to be sent. Connect first.',
  },
  account: { zh: '账号', en: 'Account' },
  signedInAs: { zh: '已登录：{name}', en: 'Signed in: {name}' },
  elsewhere: {
    zh: '您的账号管多个小区，请用管理页面。',
    en: 'Your account spans communities: use the manager’s pages.',
  },
  manage: { zh: '管理页面', en: 'Manager’s pages' },
  language: { zh: '语言', en: 'Language' },
  appearance: { zh: '外观', en: 'Appearance' },
  themeAuto: { zh: '跟随系统', en: 'System' },
  themeLight: { zh: '浅色', en: 'Light' },
  themeDark: { zh: '深色', en: 'Dark' },

  // ── network
  offline: { zh: '没有网络', en: 'No network' },
  offlineAlone: {
    zh: '没有网络。手机自己判断进门，还能判断 {left}。',
    en: 'No network. This phone judges entries itself for {left} more.',
  },
  offlineCannot: {
    zh: '没有网络。进门暂不能核对，出门照常；可手动放行并写明原因。',
    en: 'No network. Entries cannot be checked, exits go on; admit by hand with a reason.',
  },
  waitingToSend: { zh: '{count} 条待上报', en: '{count} to report' },
  failed: { zh: '没有成功，请再试一次', en: 'It did not work. Try again.' },
  hours: { zh: '{hours} 小时 {minutes} 分', en: '{hours} h {minutes} min' },
  minutes: { zh: '{minutes} 分钟', en: '{minutes} min' },
  seconds: { zh: '{seconds} 秒', en: '{seconds} s' },
});
