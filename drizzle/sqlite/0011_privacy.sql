CREATE TABLE `erasures` (
	`courier_no` integer PRIMARY KEY NOT NULL,
	`blocks` text NOT NULL,
	`requested_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `former_riders` (
	`courier_no` integer NOT NULL,
	`delivery_no` integer NOT NULL,
	PRIMARY KEY(`courier_no`, `delivery_no`)
);
--> statement-breakpoint
CREATE INDEX `former_riders_delivery` ON `former_riders` (`delivery_no`);--> statement-breakpoint
CREATE INDEX `passes_held` ON `passes` (`ended_at`) WHERE courier_no IS NOT NULL AND ended_at IS NOT NULL;