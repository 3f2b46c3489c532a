import { catalogue } from '../translate.ts';

/** The rider's pages. */
export const rider = catalogue({
  title: { zh: '通行码', en: 'My pass' },
  appName: { zh: '骑手通行', en: 'Courier Pass' },
  loading: { zh: '正在取通行码…', en: 'Fetching your pass…' },

  tabPass: { zh: '通行码', en: 'Pass' },
  tabReport: { zh: '随手拍', en: 'Report' },
  tabMe: { zh: '我的', en: 'Me' },
  tabs: { zh: '页面', en: 'Pages' },

  passes: { zh: '通行证', en: 'Passes' },
  passOf: { zh: '第 {index} 张，共 {count} 张：{name}', en: 'Pass {index} of {count}: {name}' },
  code: { zh: '{name}的通行码', en: 'Your code for {name}' },
  leavingCode: { zh: '离开{name}的码', en: 'Your code for leaving {name}' },
  inside: { zh: '已进入', en: 'Inside' },
  leaving: { zh: '已送达，出门用码', en: 'Delivered: code for leaving' },
  entrance: { zh: '骑手入口：{gates}', en: 'Riders’ entrance: {gates}' },
  brightness: {
    zh: '扫不上？把屏幕调到最亮',
    en: 'Not read? Turn the screen up to full brightness',
  },
  tapInstead: {
    zh: '也可以用手机碰一下门上的标签',
    en: 'Or hold your phone to the tag at the gate',
  },
  codeChanges: { zh: '{seconds} 秒后换新码', en: 'New code in {seconds} s' },

  worksOffline: { zh: '断网也能用到 {time}', en: 'Works without signal until {time}' },
  offlineUntil: {
    zh: '没有信号，通行码还能用到 {time}（{left}）',
    en: 'No signal: your code works until {time} ({left} left)',
  },
  offlineOver: {
    zh: '没有信号，备用的通行码已用完。到有信号的地方会自动更新，或请保安放行。',
    en: 'No signal, and the codes kept ahead are used up. They come again with the signal, or ask the guard.',
  },
  codesMissing: { zh: '正在取新的通行码…', en: 'Fetching new codes…' },
  hours: { zh: '{hours} 小时 {minutes} 分', en: '{hours} h {minutes} min' },
  minutes: { zh: '{minutes} 分钟', en: '{minutes} min' },

  refusedAhead: { zh: '现在进不去', en: 'You would not get in' },
  refusedAheadHint: { zh: '先解决它，再骑过去', en: 'Sort this out before you ride there' },

  stops: { zh: '送到哪里', en: 'Where to' },
  pickup: { zh: '取货', en: 'Pick up' },
  dropoff: { zh: '送货', en: 'Drop off' },
  building: { zh: '{building} 号楼', en: 'Building {building}' },
  unit: { zh: '{unit} 单元', en: 'Unit {unit}' },
  floor: { zh: '{floor} 层', en: 'Floor {floor}' },
  noAddress: { zh: '地址见平台订单', en: 'See the order in your platform’s app' },
  timeLeft: { zh: '还剩 {left}', en: '{left} left' },
  timeOver: { zh: '已超时 {over}', en: '{over} late' },
  speedLimit: { zh: '限速 {limit} 公里/小时', en: 'At most {limit} km/h' },
  guide: { zh: '进门须知', en: 'What this community asks' },
  guideMissing: { zh: '联网后显示本小区的进门须知', en: 'Shown once you are online' },
  passUntil: { zh: '有效至 {time}', en: 'Valid until {time}' },

  granted: { zh: '门已开', en: 'The gate is open' },
  grantedOut: { zh: '慢走', en: 'Goodbye' },
  denied: { zh: '没有开门', en: 'The gate stays shut' },
  goTo: { zh: '去 {place}', en: 'Go to {place}' },
  tapToClose: { zh: '轻触关闭', en: 'Touch to close' },

  emptyTitle: { zh: '现在没有通行证', en: 'No pass right now' },
  emptyText: {
    zh: '接到要进小区的订单，通行证会自己出现在这里，不用刷新。',
    en: 'When you take an order for a community, its pass appears here by itself.',
  },
  signedOutTitle: { zh: '从平台 App 打开', en: 'Open it from your platform’s app' },
  signedOutText: {
    zh: '在外卖平台的骑手 App 里点“通行证”，就会回到这里并登录。登录一次，一个月内都有效。',
    en: 'Tap “Pass” in your delivery platform’s rider app: it brings you back here, signed in for a month.',
  },
  linkUsed: {
    zh: '这个链接已用过，或超过了 10 分钟。请回到平台 App 再点一次。',
    en: 'This link was used, or is older than 10 minutes. Open it again from the platform’s app.',
  },
  unreachable: {
    zh: '连不上网络，还没有可用的通行码。有信号后会自动重试。',
    en: 'No network, and no codes kept yet. It tries again when there is signal.',
  },

  joinTitle: { zh: '这是你的另一个平台账号吗？', en: 'Is this your account on another platform?' },
  joinText: {
    zh: '合并后，几个平台的订单共用一张通行证，停用和积分也一并计算。合并后不能再分开。',
    en: 'Joined, the orders of all your platforms share one pass; blocks and points add up. It cannot be undone.',
  },
  joinYes: { zh: '是我的，合并', en: 'It is mine: join them' },
  joinNo: { zh: '不是我的，换成这个账号', en: 'Not mine: switch to this account' },
  joinLater: { zh: '先不处理', en: 'Not now' },
  joined: { zh: '已合并', en: 'Joined' },

  reportTitle: { zh: '随手拍', en: 'Report something' },
  reportLead: {
    zh: '看到安全隐患或设施损坏，拍下来告诉物业。',
    en: 'Seen a hazard or something broken? Tell the property manager.',
  },
  reportPoints: { zh: '贡献分 {points}', en: '{points} contribution points' },
  reportCommunity: { zh: '哪个小区', en: 'Which community' },
  reportPlace: { zh: '在哪里', en: 'Where' },
  reportPlaceHint: { zh: '例如：3 号楼北侧坡道', en: 'For instance: the ramp north of building 3' },
  reportText: { zh: '看到了什么', en: 'What you saw' },
  reportPhoto: { zh: '照片（可不拍）', en: 'A photo, if you like' },
  reportPhotoHint: {
    zh: '只保留画面，拍摄地点和时间会去掉。',
    en: 'Only the picture is kept: place and time are cut out.',
  },
  reportPhotoBroken: {
    zh: '这张照片打不开，请换一张',
    en: 'This photo cannot be read. Try another.',
  },
  reportSend: { zh: '发给物业', en: 'Send it to the manager' },
  reportSending: { zh: '正在发送…', en: 'Sending…' },
  reportSent: { zh: '已发给物业，谢谢！', en: 'Sent. Thank you!' },
  reportTooMany: {
    zh: '今天已报了很多，明天再来',
    en: 'That is enough for today. Come again tomorrow.',
  },
  reportNoSignal: {
    zh: '没有信号，没有发出。内容还在，有信号后再发。',
    en: 'No signal: not sent. It stays here; send it later.',
  },
  reportWrong: { zh: '请检查填写的内容', en: 'Please check what you entered' },
  reportNoCommunity: {
    zh: '有通行证的小区才能报。进小区送单时再来。',
    en: 'You can report on communities that you have a pass for.',
  },
  reportsMine: { zh: '我报过的', en: 'What I reported' },
  reportOpen: { zh: '等待答复', en: 'Waiting for an answer' },
  reportAnswered: { zh: '物业答复', en: 'The manager says' },
  reportEarned: { zh: '+{points} 贡献分', en: '+{points} points' },

  meLanguage: { zh: '语言', en: 'Language' },
  meJoinTitle: { zh: '加入另一个平台', en: 'Add another platform' },
  meJoinText: {
    zh: '在另一个平台的骑手 App 里点“通行证”，回到这里确认即可。',
    en: 'Tap “Pass” in the other platform’s rider app, then confirm here.',
  },
  meInstallTitle: { zh: '放到手机桌面', en: 'Keep it on your home screen' },
  meInstallText: {
    zh: '在浏览器菜单里选“添加到主屏幕”，下次一点就开，没有信号也能用。',
    en: 'Choose “Add to home screen” in the browser’s menu: it then opens at once, without signal too.',
  },
  meInstall: { zh: '添加到桌面', en: 'Install' },
  meSignOut: { zh: '退出登录', en: 'Sign out' },
  meSignOutText: {
    zh: '退出后，本机保存的通行码会一并删除。',
    en: 'The codes kept on this phone are deleted with it.',
  },
  failed: { zh: '没有成功，请稍后再试', en: 'It did not work. Please try again.' },
});
