CREATE TRIGGER `point_movements_no_update` BEFORE UPDATE OF `community_no`, `account`, `points`, `cause`, `reference`, `at` ON `point_movements`
BEGIN
  SELECT RAISE(ABORT, 'a movement of points is never changed');
END;
--> statement-breakpoint
CREATE TRIGGER `point_movements_no_delete` BEFORE DELETE ON `point_movements`
BEGIN
  SELECT RAISE(ABORT, 'a movement of points is never deleted');
END;
