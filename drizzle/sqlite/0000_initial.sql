CREATE TABLE `api_keys` (
	`no` integer PRIMARY KEY NOT NULL,
	`id` text NOT NULL,
	`name` text NOT NULL,
	`scope_kind` text NOT NULL,
	`scope_value` text NOT NULL,
	`hash` text NOT NULL,
	`created_at` integer NOT NULL,
	`revoked_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `api_keys_hash` ON `api_keys` (`hash`);--> statement-breakpoint
CREATE UNIQUE INDEX `api_keys_id` ON `api_keys` (`id`);--> statement-breakpoint
CREATE TABLE `attempts` (
	`seq` integer PRIMARY KEY NOT NULL,
	`audit_id` text NOT NULL,
	`community_no` integer NOT NULL,
	`gate_no` integer NOT NULL,
	`request_id` text NOT NULL,
	`code_digest` text NOT NULL,
	`direction` text NOT NULL,
	`medium` text,
	`at` integer NOT NULL,
	`source` text NOT NULL,
	`decision` text NOT NULL,
	`reason` text NOT NULL,
	`pass_no` integer,
	`pass_id` text,
	`visit_id` text,
	`visit_no` integer,
	`entry_key` integer,
	`code_window` integer,
	`speed_limit_kmh` real,
	`building` text,
	`rules_version` integer NOT NULL,
	`flags` text,
	`lane` text,
	`scanned_at` integer,
	`speed_kmh` real,
	`accuracy_kmh` real,
	`confirmed_seq` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `attempts_request` ON `attempts` (`gate_no`,`request_id`);--> statement-breakpoint
CREATE UNIQUE INDEX `attempts_entries` ON `attempts` (`pass_no`,`entry_key`) WHERE entry_key IS NOT NULL;--> statement-breakpoint
CREATE INDEX `attempts_community` ON `attempts` (`community_no`,`seq`);--> statement-breakpoint
CREATE INDEX `attempts_confirmable` ON `attempts` (`audit_id`) WHERE reason = 'guard_confirmation_required';--> statement-breakpoint
CREATE TABLE `audit_entries` (
	`seq` integer PRIMARY KEY NOT NULL,
	`entry` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `callbacks` (
	`no` integer PRIMARY KEY NOT NULL,
	`platform_no` integer NOT NULL,
	`webhook_id` text NOT NULL,
	`delivery_no` integer NOT NULL,
	`timestamp` integer NOT NULL,
	`status` text NOT NULL,
	`members` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `callbacks_webhook` ON `callbacks` (`platform_no`,`webhook_id`);--> statement-breakpoint
CREATE INDEX `callbacks_delivery` ON `callbacks` (`delivery_no`);--> statement-breakpoint
CREATE TABLE `communities` (
	`no` integer PRIMARY KEY NOT NULL,
	`id` text NOT NULL,
	`name` text NOT NULL,
	`kind` text NOT NULL,
	`timezone` text NOT NULL,
	`district` text,
	`posture` text DEFAULT 'normal' NOT NULL,
	`posture_until` integer,
	`status_next` integer DEFAULT 0 NOT NULL,
	`status_list_length` integer DEFAULT 1024 NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `communities_id` ON `communities` (`id`);--> statement-breakpoint
CREATE TABLE `couriers` (
	`no` integer PRIMARY KEY NOT NULL,
	`id` text NOT NULL,
	`created_at` integer NOT NULL,
	`joined_into` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `couriers_id` ON `couriers` (`id`);--> statement-breakpoint
CREATE TABLE `deliveries` (
	`no` integer PRIMARY KEY NOT NULL,
	`platform_no` integer NOT NULL,
	`delivery_id` text NOT NULL,
	`status` text NOT NULL,
	`status_at` integer NOT NULL,
	`newest_at` integer NOT NULL,
	`courier_no` integer,
	`pickup_no` integer,
	`dropoff_no` integer,
	`label` text,
	`building` text,
	`unit` text,
	`floor` integer,
	`vehicle` text,
	`plate` text,
	`deadline_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `deliveries_id` ON `deliveries` (`platform_no`,`delivery_id`);--> statement-breakpoint
CREATE INDEX `deliveries_courier` ON `deliveries` (`courier_no`);--> statement-breakpoint
CREATE TABLE `enrolments` (
	`hash` text PRIMARY KEY NOT NULL,
	`gate_no` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`used_by` text
);
--> statement-breakpoint
CREATE TABLE `gate_assertions` (
	`gate_no` integer NOT NULL,
	`jti` text NOT NULL,
	`expires_at` integer NOT NULL,
	PRIMARY KEY(`gate_no`, `jti`)
);
--> statement-breakpoint
CREATE INDEX `gate_assertions_expiry` ON `gate_assertions` (`expires_at`);--> statement-breakpoint
CREATE TABLE `gate_keys` (
	`gate_no` integer NOT NULL,
	`thumbprint` text NOT NULL,
	`jwk` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`gate_no`, `thumbprint`)
);
--> statement-breakpoint
CREATE TABLE `gates` (
	`no` integer PRIMARY KEY NOT NULL,
	`id` text NOT NULL,
	`community_no` integer NOT NULL,
	`name` text NOT NULL,
	`kind` text NOT NULL,
	`directions` text NOT NULL,
	`media` text NOT NULL,
	`passage_sensor` integer NOT NULL,
	`posture` text DEFAULT 'normal' NOT NULL,
	`posture_until` integer,
	`created_at` integer NOT NULL,
	`enrolled_at` integer,
	`revoked_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `gates_id` ON `gates` (`id`);--> statement-breakpoint
CREATE INDEX `gates_community` ON `gates` (`community_no`);--> statement-breakpoint
CREATE TABLE `keys` (
	`no` integer PRIMARY KEY NOT NULL,
	`purpose` text NOT NULL,
	`kid` text NOT NULL,
	`state` text NOT NULL,
	`public_jwk` text,
	`sealed_private` text NOT NULL,
	`created_at` integer NOT NULL,
	`state_since` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `keys_kid` ON `keys` (`purpose`,`kid`);--> statement-breakpoint
CREATE UNIQUE INDEX `keys_signing` ON `keys` (`purpose`,`state`) WHERE state IN ('active', 'next');--> statement-breakpoint
CREATE TABLE `pass_deliveries` (
	`pass_no` integer NOT NULL,
	`delivery_no` integer NOT NULL,
	`leg` text NOT NULL,
	PRIMARY KEY(`pass_no`, `delivery_no`, `leg`)
);
--> statement-breakpoint
CREATE INDEX `pass_deliveries_delivery` ON `pass_deliveries` (`delivery_no`);--> statement-breakpoint
CREATE TABLE `passes` (
	`no` integer PRIMARY KEY NOT NULL,
	`id` text NOT NULL,
	`community_no` integer NOT NULL,
	`carried_visit_no` integer,
	`courier_no` integer,
	`commitment_salt` text,
	`status` text NOT NULL,
	`status_index` integer NOT NULL,
	`expires_at` integer,
	`review_at` integer NOT NULL,
	`created_at` integer NOT NULL,
	`ended_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `passes_id` ON `passes` (`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `passes_live` ON `passes` (`courier_no`,`community_no`) WHERE status <> 'ended';--> statement-breakpoint
CREATE INDEX `passes_review` ON `passes` (`review_at`) WHERE status = 'active';--> statement-breakpoint
CREATE INDEX `passes_courier` ON `passes` (`courier_no`);--> statement-breakpoint
CREATE TABLE `platforms` (
	`no` integer PRIMARY KEY NOT NULL,
	`slug` text NOT NULL,
	`name` text NOT NULL,
	`adapter` text NOT NULL,
	`districts` text,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `platforms_slug` ON `platforms` (`slug`);--> statement-breakpoint
CREATE TABLE `restrictions` (
	`community_no` integer NOT NULL,
	`courier_no` integer NOT NULL,
	`kind` text NOT NULL,
	`reason` text NOT NULL,
	`until` integer NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`courier_no`, `community_no`, `kind`)
);
--> statement-breakpoint
CREATE INDEX `restrictions_community` ON `restrictions` (`community_no`,`courier_no`);--> statement-breakpoint
CREATE TABLE `rider_accounts` (
	`platform_no` integer NOT NULL,
	`rider_id` text NOT NULL,
	`courier_no` integer NOT NULL,
	`vouched_at` integer NOT NULL,
	PRIMARY KEY(`platform_no`, `rider_id`)
);
--> statement-breakpoint
CREATE INDEX `rider_accounts_courier` ON `rider_accounts` (`courier_no`);--> statement-breakpoint
CREATE TABLE `rider_links` (
	`hash` text PRIMARY KEY NOT NULL,
	`courier_no` integer NOT NULL,
	`expires_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `rider_links_expiry` ON `rider_links` (`expires_at`);--> statement-breakpoint
CREATE INDEX `rider_links_courier` ON `rider_links` (`courier_no`);--> statement-breakpoint
CREATE TABLE `rider_sessions` (
	`hash` text PRIMARY KEY NOT NULL,
	`courier_no` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`slid_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `rider_sessions_expiry` ON `rider_sessions` (`expires_at`);--> statement-breakpoint
CREATE INDEX `rider_sessions_courier` ON `rider_sessions` (`courier_no`);--> statement-breakpoint
CREATE TABLE `rules` (
	`community_no` integer NOT NULL,
	`version` integer NOT NULL,
	`author` text NOT NULL,
	`agreed_by` text NOT NULL,
	`created_at` integer NOT NULL,
	`effective_from` integer NOT NULL,
	`document` text NOT NULL,
	PRIMARY KEY(`community_no`, `version`)
);
--> statement-breakpoint
CREATE TABLE `status_slots` (
	`community_no` integer NOT NULL,
	`free_at` integer NOT NULL,
	`status_index` integer NOT NULL,
	PRIMARY KEY(`community_no`, `free_at`, `status_index`)
);
--> statement-breakpoint
CREATE TABLE `visits` (
	`no` integer PRIMARY KEY NOT NULL,
	`id` text NOT NULL,
	`community_no` integer NOT NULL,
	`pass_no` integer NOT NULL,
	`slot` integer NOT NULL,
	`opened_at` integer NOT NULL,
	`entry_gate_no` integer NOT NULL,
	`last_entry_at` integer NOT NULL,
	`last_entry_gate_no` integer NOT NULL,
	`rescans` integer DEFAULT 0 NOT NULL,
	`passage_at` integer,
	`due_at` integer NOT NULL,
	`due_by` text NOT NULL,
	`closed_at` integer,
	`exit_gate_no` integer,
	`closed_by` text
);
--> statement-breakpoint
CREATE INDEX `visits_community` ON `visits` (`community_no`,`slot`);--> statement-breakpoint
CREATE TABLE `webhook_secrets` (
	`no` integer PRIMARY KEY NOT NULL,
	`platform_no` integer NOT NULL,
	`sealed` text NOT NULL,
	`valid_until` integer
);
--> statement-breakpoint
CREATE INDEX `webhook_secrets_platform` ON `webhook_secrets` (`platform_no`);