CREATE TABLE `report_photos` (
	`report_no` integer PRIMARY KEY NOT NULL,
	`content` blob NOT NULL
);
--> statement-breakpoint
CREATE TABLE `reports` (
	`no` integer PRIMARY KEY NOT NULL,
	`id` text NOT NULL,
	`community_no` integer NOT NULL,
	`courier_no` integer NOT NULL,
	`request_id` text NOT NULL,
	`at` integer NOT NULL,
	`place` text NOT NULL,
	`text` text NOT NULL,
	`photo` text NOT NULL,
	`answered_at` integer,
	`answer` text,
	`contribution_points` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `reports_id` ON `reports` (`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `reports_request` ON `reports` (`courier_no`,`request_id`);--> statement-breakpoint
CREATE INDEX `reports_community` ON `reports` (`community_no`,`no`);--> statement-breakpoint
CREATE INDEX `reports_photo` ON `reports` (`photo`,`at`);