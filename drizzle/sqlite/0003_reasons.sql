CREATE TABLE `admission_reasons` (
	`attempt_seq` integer PRIMARY KEY NOT NULL,
	`reason` text NOT NULL
);
--> statement-breakpoint
ALTER TABLE `communities` ADD `posture_reason` text;--> statement-breakpoint
ALTER TABLE `gate_commands` ADD `reason` text;--> statement-breakpoint
ALTER TABLE `gates` ADD `posture_reason` text;