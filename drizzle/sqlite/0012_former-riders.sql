INSERT OR IGNORE INTO `former_riders` (`courier_no`, `delivery_no`)
SELECT a.`courier_no`, c.`delivery_no` FROM `callbacks` c
  JOIN `rider_accounts` a ON a.`platform_no` = c.`platform_no` AND a.`rider_id` = json_extract(c.`members`, '$.riderId')
  JOIN `deliveries` d ON d.`no` = c.`delivery_no`
WHERE d.`courier_no` IS NOT a.`courier_no`;
