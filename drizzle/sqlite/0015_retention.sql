CREATE TABLE `log_prunings` (
	`through` integer PRIMARY KEY NOT NULL,
	`seq` integer NOT NULL,
	`announced_seq` integer NOT NULL
);
