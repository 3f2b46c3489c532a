CREATE TABLE `restore_postures` (
	`community_no` integer PRIMARY KEY NOT NULL,
	`posture` text NOT NULL,
	`posture_until` integer
);
--> statement-breakpoint
CREATE TABLE `restore_state` (
	`one` integer PRIMARY KEY NOT NULL,
	`since` integer NOT NULL,
	`why` text NOT NULL
);
