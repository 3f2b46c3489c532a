CREATE TABLE `log_checkpoints` (
	`size` integer PRIMARY KEY NOT NULL,
	`note` text NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `log_lookup` (
	`segment` integer NOT NULL,
	`prefix` integer NOT NULL,
	`leaf` integer NOT NULL,
	PRIMARY KEY(`segment`, `prefix`, `leaf`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `log_runs` (
	`first_leaf` integer PRIMARY KEY NOT NULL,
	`first_seq` integer NOT NULL,
	`count` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `log_runs_seq` ON `log_runs` (`first_seq`);--> statement-breakpoint
CREATE TABLE `log_tiles` (
	`level` integer NOT NULL,
	`tile` integer NOT NULL,
	`hashes` blob NOT NULL,
	PRIMARY KEY(`level`, `tile`)
);
--> statement-breakpoint
CREATE TABLE `log_tree` (
	`one` integer PRIMARY KEY NOT NULL,
	`origin` text NOT NULL,
	`size` integer NOT NULL,
	`root` text NOT NULL,
	`grown_at` integer NOT NULL
);
