CREATE TABLE `past_blocks` (
	`no` integer PRIMARY KEY NOT NULL,
	`community_no` integer NOT NULL,
	`courier_no` integer NOT NULL,
	`since` integer NOT NULL,
	`until` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `past_blocks_of` ON `past_blocks` (`courier_no`,`community_no`);