CREATE TABLE `alert_cases` (
	`alert_no` integer PRIMARY KEY NOT NULL,
	`community_no` integer NOT NULL,
	`courier_no` integer,
	`source` text,
	`base_level` text,
	`level` text,
	`limit_kmh` real,
	`margin_kmh` real,
	`peak_kmh` real,
	`zone` text,
	`zone_name` text,
	`rules_version` integer NOT NULL,
	`readings` text NOT NULL,
	`points` integer DEFAULT 0 NOT NULL,
	`bell` text NOT NULL,
	`recorded_at` integer NOT NULL,
	`withdrawn_at` integer,
	`shown_at` integer,
	`released_at` integer
);
--> statement-breakpoint
CREATE INDEX `alert_cases_courier` ON `alert_cases` (`courier_no`,`alert_no`);--> statement-breakpoint
CREATE INDEX `alert_cases_unreleased` ON `alert_cases` (`alert_no`) WHERE level = 'serious' AND shown_at IS NOT NULL AND released_at IS NULL;--> statement-breakpoint
CREATE TABLE `appeals` (
	`no` integer PRIMARY KEY NOT NULL,
	`id` text NOT NULL,
	`alert_no` integer NOT NULL,
	`community_no` integer NOT NULL,
	`courier_no` integer,
	`state` text NOT NULL,
	`text` text,
	`filed_at` integer NOT NULL,
	`decided_at` integer,
	`decided_by` text,
	`reason` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `appeals_id` ON `appeals` (`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `appeals_alert` ON `appeals` (`alert_no`);--> statement-breakpoint
CREATE INDEX `appeals_community` ON `appeals` (`community_no`,`no`);--> statement-breakpoint
CREATE TABLE `conduct_accounts` (
	`courier_no` integer NOT NULL,
	`community_no` integer NOT NULL,
	`lost` integer NOT NULL,
	`counted_through` integer NOT NULL,
	PRIMARY KEY(`courier_no`, `community_no`)
);
--> statement-breakpoint
CREATE INDEX `conduct_accounts_losing` ON `conduct_accounts` (`counted_through`) WHERE lost > 0;--> statement-breakpoint
CREATE TABLE `point_movements` (
	`no` integer PRIMARY KEY NOT NULL,
	`courier_no` integer NOT NULL,
	`community_no` integer NOT NULL,
	`account` text NOT NULL,
	`points` integer NOT NULL,
	`cause` text NOT NULL,
	`reference` text NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `point_movements_account` ON `point_movements` (`courier_no`,`community_no`,`account`,`no`);--> statement-breakpoint
CREATE TABLE `sanctions` (
	`no` integer PRIMARY KEY NOT NULL,
	`id` text NOT NULL,
	`courier_no` integer NOT NULL,
	`community_no` integer NOT NULL,
	`alert_no` integer NOT NULL,
	`kind` text NOT NULL,
	`because` text NOT NULL,
	`threshold` integer NOT NULL,
	`from_at` integer NOT NULL,
	`until` integer NOT NULL,
	`set_by` text,
	`lifted_at` integer,
	`lifted_by` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `sanctions_id` ON `sanctions` (`id`);--> statement-breakpoint
CREATE INDEX `sanctions_courier` ON `sanctions` (`courier_no`,`community_no`,`until`);--> statement-breakpoint
CREATE INDEX `sanctions_alert` ON `sanctions` (`alert_no`);--> statement-breakpoint
CREATE TABLE `visit_credits` (
	`no` integer PRIMARY KEY NOT NULL,
	`courier_no` integer NOT NULL,
	`community_no` integer NOT NULL,
	`visit_id` text NOT NULL,
	`worth` integer NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `visit_credits_visit` ON `visit_credits` (`visit_id`);--> statement-breakpoint
CREATE INDEX `visit_credits_courier` ON `visit_credits` (`courier_no`,`community_no`);--> statement-breakpoint
CREATE TABLE `notifications` (
	`no` integer PRIMARY KEY NOT NULL,
	`id` text NOT NULL,
	`endpoint_no` integer NOT NULL,
	`event` text NOT NULL,
	`content` text NOT NULL,
	`created_at` integer NOT NULL,
	`state` text NOT NULL,
	`attempts` integer DEFAULT 0 NOT NULL,
	`due_at` integer NOT NULL,
	`failure` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `notifications_id` ON `notifications` (`id`);--> statement-breakpoint
CREATE INDEX `notifications_due` ON `notifications` (`endpoint_no`,`due_at`) WHERE state = 'waiting';--> statement-breakpoint
CREATE INDEX `notifications_endpoint` ON `notifications` (`endpoint_no`,`state`,`no`);--> statement-breakpoint
CREATE INDEX `notifications_settled` ON `notifications` (`due_at`) WHERE state <> 'waiting';--> statement-breakpoint
CREATE TABLE `notify_endpoints` (
	`no` integer PRIMARY KEY NOT NULL,
	`id` text NOT NULL,
	`community_no` integer,
	`platform_no` integer,
	`kind` text NOT NULL,
	`name` text NOT NULL,
	`shown` text NOT NULL,
	`sealed` text NOT NULL,
	`events` text NOT NULL,
	`least_level` text NOT NULL,
	`created_at` integer NOT NULL,
	`removed_at` integer,
	`paused_until` integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `notify_endpoints_id` ON `notify_endpoints` (`id`);--> statement-breakpoint
CREATE INDEX `notify_endpoints_community` ON `notify_endpoints` (`community_no`);--> statement-breakpoint
CREATE INDEX `notify_endpoints_platform` ON `notify_endpoints` (`platform_no`);--> statement-breakpoint
CREATE TABLE `phone_readings` (
	`key` integer PRIMARY KEY NOT NULL,
	`at` integer NOT NULL,
	`speed_kmh` real NOT NULL,
	`accuracy_kmh` real NOT NULL,
	`least_kmh` real NOT NULL,
	`limit_kmh` real NOT NULL,
	`threshold_kmh` real NOT NULL,
	`zone_id` text,
	`rules_version` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `places` (
	`no` integer PRIMARY KEY NOT NULL,
	`community_no` integer NOT NULL,
	`kind` text NOT NULL,
	`version` integer NOT NULL,
	`author` text NOT NULL,
	`created_at` integer NOT NULL,
	`document` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `places_version` ON `places` (`community_no`,`kind`,`version`);--> statement-breakpoint
CREATE TABLE `position_consents` (
	`courier_no` integer PRIMARY KEY NOT NULL,
	`given_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `speed_episodes` (
	`no` integer PRIMARY KEY NOT NULL,
	`ride_no` integer NOT NULL,
	`witness` text NOT NULL,
	`alert_id` text NOT NULL,
	`start_at` integer NOT NULL,
	`end_at` integer NOT NULL,
	`told` text NOT NULL,
	`bell` text NOT NULL,
	`withdrawn_at` integer
);
--> statement-breakpoint
CREATE INDEX `speed_episodes_ride` ON `speed_episodes` (`ride_no`,`witness`);--> statement-breakpoint
CREATE TABLE `speed_progress` (
	`no` integer PRIMARY KEY NOT NULL,
	`attempt_seq` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `speed_rides` (
	`no` integer PRIMARY KEY NOT NULL,
	`visit_id` text NOT NULL,
	`community_no` integer NOT NULL,
	`pass_no` integer NOT NULL,
	`base_at` integer NOT NULL,
	`phone_offset_ms` integer,
	`phone_state` text,
	`phone_through` integer,
	`phone_fresh_from` integer,
	`due_at` integer,
	`forget_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `speed_rides_visit` ON `speed_rides` (`visit_id`);--> statement-breakpoint
CREATE INDEX `speed_rides_due` ON `speed_rides` (`due_at`) WHERE due_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX `speed_rides_forget` ON `speed_rides` (`forget_at`) WHERE forget_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX `speed_rides_pass` ON `speed_rides` (`pass_no`);--> statement-breakpoint
CREATE TABLE `speed_sightings` (
	`no` integer PRIMARY KEY NOT NULL,
	`community_no` integer NOT NULL,
	`gate_no` integer NOT NULL,
	`checkpoint_id` text,
	`at` integer NOT NULL,
	`uncertainty_ms` integer,
	`speed_kmh` real,
	`accuracy_kmh` real,
	`least_kmh` real,
	`limit_kmh` real NOT NULL,
	`threshold_kmh` real NOT NULL,
	`zone_id` text,
	`rules_version` integer NOT NULL,
	`ride_no` integer,
	`lane` text,
	`request_id` text,
	`plate` text,
	`tie_at` integer,
	`ties` integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE INDEX `speed_sightings_ride` ON `speed_sightings` (`ride_no`,`at`) WHERE ride_no IS NOT NULL;--> statement-breakpoint
CREATE INDEX `speed_sightings_tie` ON `speed_sightings` (`tie_at`) WHERE tie_at IS NOT NULL;--> statement-breakpoint
DROP INDEX `alerts_lasting`;--> statement-breakpoint
ALTER TABLE `alerts` ADD `acknowledged_at` integer;--> statement-breakpoint
ALTER TABLE `alerts` ADD `acknowledged_by` text;--> statement-breakpoint
CREATE INDEX `alerts_visit` ON `alerts` (`visit_id`,`kind`) WHERE visit_id IS NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX `alerts_lasting` ON `alerts` (`gate_no`,`kind`) WHERE ended_at IS NULL AND pass_no IS NULL;