DROP TRIGGER `audit_entries_no_delete`;
--> statement-breakpoint
CREATE TRIGGER `audit_entries_no_delete` BEFORE DELETE ON `audit_entries`
WHEN NOT EXISTS (
  SELECT 1 FROM (SELECT `seq`, `announced_seq` FROM `log_prunings` ORDER BY `through` DESC LIMIT 1) AS `p`
  WHERE OLD.`seq` < `p`.`seq` AND `p`.`announced_seq` <= (
    SELECT `r`.`first_seq` + `c`.`size` - 1 - `r`.`first_leaf`
    FROM (SELECT max(`size`) AS `size` FROM `log_checkpoints`) AS `c` JOIN `log_runs` AS `r` ON `r`.`first_leaf` < `c`.`size`
    ORDER BY `r`.`first_leaf` DESC LIMIT 1))
BEGIN
  SELECT RAISE(ABORT, 'audit entries are never deleted but by retention');
END;
--> statement-breakpoint
CREATE TRIGGER `log_prunings_announced` BEFORE INSERT ON `log_prunings`
WHEN NEW.`through` % 256 <> 0
  OR NEW.`through` <= coalesce((SELECT max(`through`) FROM `log_prunings`), 0)
  OR NEW.`through` >= coalesce((SELECT max(`size`) FROM `log_checkpoints`), 0)
  OR NEW.`seq` IS NOT (SELECT `first_seq` + NEW.`through` - `first_leaf` FROM `log_runs`
       WHERE `first_leaf` <= NEW.`through` ORDER BY `first_leaf` DESC LIMIT 1)
  OR NEW.`announced_seq` IS NOT (SELECT max(`seq`) FROM `audit_entries`)
  OR NOT EXISTS (SELECT 1 FROM `audit_entries` WHERE `seq` = NEW.`announced_seq`
       AND json_extract(`entry`, '$.type') = 'audit.pruned' AND json_extract(`entry`, '$.through') = NEW.`through`)
BEGIN
  SELECT RAISE(ABORT, 'what is dropped from the log is announced in it: whole bundles below a checkpoint');
END;
--> statement-breakpoint
CREATE TRIGGER `log_prunings_no_update` BEFORE UPDATE ON `log_prunings`
BEGIN
  SELECT RAISE(ABORT, 'what was announced stays');
END;
--> statement-breakpoint
CREATE TRIGGER `log_prunings_no_delete` BEFORE DELETE ON `log_prunings`
BEGIN
  SELECT RAISE(ABORT, 'what was announced stays');
END;
