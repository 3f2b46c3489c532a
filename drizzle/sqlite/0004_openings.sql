CREATE INDEX `attempts_taps` ON `attempts` (`audit_id`) WHERE source = 'tap';--> statement-breakpoint
CREATE INDEX `gate_commands_unreported` ON `gate_commands` (`claimed_at`) WHERE claimed_at IS NOT NULL AND outcome IS NULL;--> statement-breakpoint
CREATE INDEX `gate_commands_decision` ON `gate_commands` (`audit_id`);