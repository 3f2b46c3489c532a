CREATE TABLE `posture_changes` (
	`no` integer PRIMARY KEY NOT NULL,
	`community_no` integer NOT NULL,
	`gate_no` integer NOT NULL,
	`posture` text NOT NULL,
	`until` integer,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `posture_changes_of` ON `posture_changes` (`community_no`,`gate_no`,`no`);