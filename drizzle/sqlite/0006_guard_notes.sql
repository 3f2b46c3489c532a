CREATE TABLE `guard_notes` (
	`audit_id` text PRIMARY KEY NOT NULL,
	`community_no` integer NOT NULL,
	`text` text NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `guard_notes_at` ON `guard_notes` (`at`);