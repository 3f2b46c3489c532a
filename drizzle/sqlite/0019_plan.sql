CREATE TABLE `plans` (
	`community_no` integer PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`document` text NOT NULL,
	`author` text NOT NULL,
	`updated_at` integer NOT NULL
);
