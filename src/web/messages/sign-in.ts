import { catalogue } from '../translate.ts';

/** Signing in, accepting an invitation, and one's own account. */
export const signInText = catalogue({
  title: { zh: '登录', en: 'Sign in' },
  lead: {
    zh: '物业、保安和管理人员从这里登录。',
    en: 'For property managers, guards and offices.',
  },
  name: { zh: '手机号或邮箱', en: 'Phone number or e-mail' },
  nameHint: {
    zh: '中国大陆手机号直接输入，其他号码加国家代码',
    en: 'With country code, such as +86 138 0013 8000',
  },
  password: { zh: '密码', en: 'Password' },
  signIn: { zh: '登录', en: 'Sign in' },
  withPasskey: { zh: '用通行密钥登录', en: 'Sign in with a passkey' },
  withProvider: { zh: '用{name}账号登录', en: 'Sign in with {name}' },
  or: { zh: '或', en: 'or' },
  forgotten: {
    zh: '忘记密码？请邀请您的人移除旧账号，再发一次邀请。',
    en: 'Forgotten? Whoever invited you can remove the old account and invite you again.',
  },
  wrong: {
    zh: '手机号、邮箱或密码不对，请检查后再试。',
    en: 'The name or the password is wrong. Check both and try again.',
  },
  wait: {
    zh: '尝试次数太多，请 {seconds} 秒后再试。',
    en: 'Too many attempts. Try again in {seconds} s.',
  },
  passkeyFailed: {
    zh: '通行密钥没有通过，请再试一次，或用密码登录。',
    en: 'The passkey was not accepted. Try again, or use your password.',
  },
  providerRefused: {
    zh: '这个账号还没有与系统关联。请先用密码登录，在“我的账号”里关联。',
    en: 'This account is not linked yet. Sign in with your password and link it under “My account”.',
  },
  signedOut: { zh: '已退出登录', en: 'You are signed out' },

  invitationTitle: { zh: '接受邀请', en: 'Accept an invitation' },
  invitationLead: {
    zh: '把收到的邀请码粘贴在这里（邀请链接 # 后面的部分）。',
    en: 'Paste the code of your invitation: what stands behind # in the link.',
  },
  invitationCode: { zh: '邀请码', en: 'Invitation code' },
  next: { zh: '下一步', en: 'Continue' },
  invitedAs: {
    zh: '您受邀成为{role}，范围：{scope}。',
    en: 'You are invited as {role} for {scope}.',
  },
  yourName: { zh: '您的称呼', en: 'Your name' },
  yourNameHint: { zh: '同事会看到，例如“王师傅”', en: 'What your colleagues see' },
  newPassword: { zh: '设置密码', en: 'Choose a password' },
  passwordHint: {
    zh: '至少 10 个字符，越长越好，例如几个不相干的词',
    en: 'At least 10 characters. Longer is better: a few unrelated words, for example',
  },
  createAccount: { zh: '创建账号并登录', en: 'Create the account and sign in' },
  noInvitation: {
    zh: '邀请码不对、已用过，或已过期。请让邀请您的人再发一次。',
    en: 'The code is wrong, used, or too old. Ask for a new invitation.',
  },
  nameUnusable: {
    zh: '请输入手机号（如 138 0013 8000）或邮箱地址。',
    en: 'Enter a phone number with its country code, or an e-mail address.',
  },
  nameTaken: { zh: '这个手机号或邮箱已有账号。', en: 'Somebody has an account with this already.' },
  required: { zh: '请填写这一项。', en: 'Please fill this in.' },
  tooLong: { zh: '太长了，最多 {most} 个字。', en: 'Too long: at most {most} characters.' },
  too_short: { zh: '密码至少 10 个字符。', en: 'The password needs at least 10 characters.' },
  too_long: { zh: '密码最多 128 个字符。', en: 'The password has at most 128 characters.' },
  too_simple: {
    zh: '密码太简单，请用不相同、不连续的字符。',
    en: 'Too simple: use different characters, not a sequence.',
  },
  holds_name: {
    zh: '密码里不要出现手机号或邮箱。',
    en: 'The password must not contain your phone number or e-mail.',
  },

  accountTitle: { zh: '我的账号', en: 'My account' },
  signOut: { zh: '退出登录', en: 'Sign out' },
  role: { zh: '身份', en: 'Role' },
  scope: { zh: '范围', en: 'Scope' },
  sessions: { zh: '登录的设备', en: 'Signed-in devices' },
  device: { zh: '设备', en: 'Device' },
  address: { zh: '网络地址', en: 'Address' },
  since: { zh: '登录时间', en: 'Since' },
  thisDevice: { zh: '本机', en: 'This device' },
  endSession: { zh: '退出', en: 'Sign out' },
  sessionEnded: { zh: '该设备已退出', en: 'That device is signed out' },
  passkeys: { zh: '通行密钥', en: 'Passkeys' },
  passkeysLead: {
    zh: '用指纹、面容或设备密码登录，不用记密码。',
    en: 'Sign in with a fingerprint, face or device PIN instead of the password.',
  },
  noPasskeys: { zh: '还没有通行密钥', en: 'No passkeys yet' },
  passkeyName: { zh: '名称', en: 'Name' },
  passkeyNameHint: { zh: '例如“值班室手机”', en: 'Such as “phone in the lodge”' },
  addPasskey: { zh: '添加通行密钥', en: 'Add a passkey' },
  passkeyAdded: { zh: '通行密钥已添加', en: 'The passkey was added' },
  passkeyNeedsScript: {
    zh: '添加通行密钥需要开启 JavaScript。',
    en: 'Adding a passkey needs JavaScript.',
  },
  removePasskey: { zh: '移除', en: 'Remove' },
  passkeyRemoved: { zh: '通行密钥已移除', en: 'The passkey was removed' },
  lastUsed: { zh: '最近使用', en: 'Last used' },
  never: { zh: '从未', en: 'Never' },
  changePassword: { zh: '修改密码', en: 'Change the password' },
  presentPassword: { zh: '现在的密码', en: 'Present password' },
  passwordChanged: {
    zh: '密码已修改，其他设备都已退出。',
    en: 'The password is changed. All other devices are signed out.',
  },
  wrongPassword: { zh: '现在的密码不对。', en: 'The present password is wrong.' },
  linkProvider: { zh: '关联{name}账号', en: 'Link your {name} account' },
  providerLinked: { zh: '已关联{name}账号', en: '{name} is linked' },

  operator: { zh: '系统运营', en: 'operator' },
  district: { zh: '区级管理', en: 'district office' },
  manager: { zh: '物业经理', en: 'property manager' },
  guard: { zh: '保安', en: 'guard' },
  auditor: { zh: '审计', en: 'auditor' },
  everything: { zh: '全部小区', en: 'all communities' },
});
