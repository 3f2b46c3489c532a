CREATE TRIGGER `log_tiles_no_change` BEFORE UPDATE ON `log_tiles`
WHEN NEW.`level` <> OLD.`level` OR NEW.`tile` <> OLD.`tile`
  OR substr(NEW.`hashes`, 1, length(OLD.`hashes`)) <> OLD.`hashes`
BEGIN
  SELECT RAISE(ABORT, 'a tile keeps its hashes');
END;
--> statement-breakpoint
CREATE TRIGGER `log_tiles_no_delete` BEFORE DELETE ON `log_tiles`
BEGIN
  SELECT RAISE(ABORT, 'tiles are never deleted');
END;
--> statement-breakpoint
CREATE TRIGGER `log_runs_no_update` BEFORE UPDATE ON `log_runs`
BEGIN
  SELECT RAISE(ABORT, 'an entry keeps its place');
END;
--> statement-breakpoint
CREATE TRIGGER `log_runs_no_delete` BEFORE DELETE ON `log_runs`
BEGIN
  SELECT RAISE(ABORT, 'an entry keeps its place');
END;
--> statement-breakpoint
CREATE TRIGGER `log_runs_no_replace` BEFORE INSERT ON `log_runs`
WHEN NEW.`first_leaf` <> (SELECT coalesce(max(`first_leaf` + `count`), 0) FROM `log_runs`)
BEGIN
  SELECT RAISE(ABORT, 'places are given one after the other');
END;
--> statement-breakpoint
CREATE TRIGGER `log_tree_no_cut` BEFORE UPDATE ON `log_tree`
WHEN NEW.`size` < OLD.`size`
  OR (NEW.`size` = OLD.`size` AND NEW.`root` <> OLD.`root`)
BEGIN
  SELECT RAISE(ABORT, 'the log only grows');
END;
--> statement-breakpoint
CREATE TRIGGER `log_tree_no_delete` BEFORE DELETE ON `log_tree`
BEGIN
  SELECT RAISE(ABORT, 'the log only grows');
END;
