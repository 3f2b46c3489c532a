import type { AccountId, InvitationId } from './identifier.ts';
import type { Standing } from './role.ts';

/**
 * What happens to people's accounts, as the audit log records it: accounts and invitations by their random numbers,
 * never a name, a number or an address.
 */
export type AccountEvent =
  | {
      readonly type: 'account.signed_in';
      readonly account: AccountId;
      readonly method: 'password' | 'passkey' | 'oidc' | 'invitation';
    }
  | {
      readonly type:
        | 'account.signed_out'
        | 'account.session_revoked'
        | 'account.password_changed'
        | 'account.passkey_added'
        | 'account.passkey_removed'
        | 'account.provider_linked';
      readonly account: AccountId;
    }
  | {
      readonly type: 'account.created';
      readonly account: AccountId;
      readonly invitation: InvitationId;
      readonly standing: Standing;
    }
  | {
      readonly type: 'account.removed';
      readonly account: AccountId;
      readonly actor: string;
    }
  | {
      readonly type: 'invitation.created';
      readonly invitation: InvitationId;
      readonly standing: Standing;
      readonly actor: string;
    }
  | {
      readonly type: 'invitation.revoked';
      readonly invitation: InvitationId;
      readonly actor: string;
    };
