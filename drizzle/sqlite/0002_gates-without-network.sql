CREATE TABLE `alerts` (
	`no` integer PRIMARY KEY NOT NULL,
	`id` text NOT NULL,
	`community_no` integer NOT NULL,
	`kind` text NOT NULL,
	`gate_no` integer,
	`pass_no` integer,
	`visit_id` text,
	`audit_id` text,
	`at` integer NOT NULL,
	`ended_at` integer,
	`details` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `alerts_id` ON `alerts` (`id`);--> statement-breakpoint
CREATE INDEX `alerts_community` ON `alerts` (`community_no`,`no`);--> statement-breakpoint
CREATE UNIQUE INDEX `alerts_lasting` ON `alerts` (`gate_no`,`kind`) WHERE ended_at IS NULL;--> statement-breakpoint
CREATE TABLE `gate_commands` (
	`no` integer PRIMARY KEY NOT NULL,
	`id` text NOT NULL,
	`gate_no` integer NOT NULL,
	`open_for_ms` integer NOT NULL,
	`cause` text NOT NULL,
	`audit_id` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`claimed_at` integer,
	`reported_at` integer,
	`outcome` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `gate_commands_id` ON `gate_commands` (`id`);--> statement-breakpoint
CREATE INDEX `gate_commands_unclaimed` ON `gate_commands` (`expires_at`) WHERE claimed_at IS NULL AND outcome IS NULL;--> statement-breakpoint
CREATE INDEX `gate_commands_gate` ON `gate_commands` (`gate_no`,`no`);--> statement-breakpoint
CREATE TABLE `gate_events` (
	`no` integer PRIMARY KEY NOT NULL,
	`log_no` integer NOT NULL,
	`seq` integer NOT NULL,
	`variant` integer DEFAULT 0 NOT NULL,
	`type` text NOT NULL,
	`device_time` integer,
	`uptime_ms` integer,
	`boot_id` text,
	`received_at` integer NOT NULL,
	`clock_offset_ms` integer,
	`digest` text NOT NULL,
	`request_id` text,
	`data` text NOT NULL,
	`rejected` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `gate_events_key` ON `gate_events` (`log_no`,`seq`,`variant`);--> statement-breakpoint
CREATE INDEX `gate_events_passage` ON `gate_events` (`request_id`) WHERE type = 'passage';--> statement-breakpoint
CREATE TABLE `gate_health` (
	`gate_no` integer PRIMARY KEY NOT NULL,
	`last_contact_at` integer NOT NULL,
	`clock_offset_ms` integer,
	`bundle_version` text,
	`status_version` integer,
	`queue_depth` integer,
	`queue_capacity` integer
);
--> statement-breakpoint
CREATE TABLE `gate_logs` (
	`no` integer PRIMARY KEY NOT NULL,
	`gate_no` integer NOT NULL,
	`log_id` text NOT NULL,
	`acked_through` integer DEFAULT 0 NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `gate_logs_id` ON `gate_logs` (`gate_no`,`log_id`);--> statement-breakpoint
CREATE TABLE `tags` (
	`no` integer PRIMARY KEY NOT NULL,
	`id` text NOT NULL,
	`gate_no` integer NOT NULL,
	`uid` text NOT NULL,
	`sealed_keys` text NOT NULL,
	`mac_param` text NOT NULL,
	`last_counter` integer DEFAULT -1 NOT NULL,
	`created_at` integer NOT NULL,
	`revoked_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `tags_id` ON `tags` (`id`);--> statement-breakpoint
CREATE INDEX `tags_gate` ON `tags` (`gate_no`);--> statement-breakpoint
ALTER TABLE `communities` ADD `status_version` integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE `communities` ADD `bundle_version` integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE `gates` ADD `epoch` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX `attempts_exits` ON `attempts` (`pass_no`,`at`) WHERE direction = 'out';