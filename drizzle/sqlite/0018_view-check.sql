CREATE TABLE `view_check` (
	`one` integer PRIMARY KEY NOT NULL,
	`next_seq` integer NOT NULL
);
