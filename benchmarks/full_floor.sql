-- A call centre in its seventh week: 60,000 customers, 1,000,000 events, 100,000 tasks, of which 3,500 are open; 500 agents
-- on two queues. Nothing here is random: two runs measure the same rows.

SET session_replication_role = replica;

-- No queue keeps to it: the floor is open at any hour it is measured.
INSERT INTO calendars (name, document, version, changed_at) VALUES ('weekdays', E'calendar: weekdays\nzone: Asia/Jerusalem\n'
    'weekly: {sun: ["09:00-17:00"], mon: ["09:00-17:00"], fri: ["09:00-13:00"]}\nholidays: {country: IL, eves: ["09:00-12:00"]}\n', 1, now());
INSERT INTO calendar_versions (calendar, version, document, author, saved_at) SELECT name, 1, document, 'bench', now() FROM calendars;
INSERT INTO queues (name, skills, outcomes) VALUES ('sales', '{}', '{}'), ('service', '{}', '{}');

INSERT INTO agents (id, name, phone, languages, skills, presence, presence_since, seen_at, idle_since, created_at)
SELECT md5('agent-' || n)::uuid, 'agent-' || lpad(n::text, 3, '0'), '+97239' || lpad(n::text, 6, '0'),
  CASE n % 3 WHEN 0 THEN '{en}' WHEN 1 THEN '{he}' ELSE '{en,he}' END::text[], '{}',
  CASE WHEN n <= 450 THEN 'available' WHEN n <= 480 THEN 'paused' ELSE 'offline' END,
  now() - n * interval '1 minute', now(), now() - n * interval '1 second', now() - interval '50 days'
FROM generate_series(1, 500) AS n;

INSERT INTO agent_queues (agent_id, queue) SELECT agents.id, q.name FROM agents CROSS JOIN (VALUES ('sales'), ('service')) AS q (name);

INSERT INTO presence_spells (id, agent_id, presence, pause_code, since, until)
SELECT gen_random_uuid(), md5('agent-' || n)::uuid, CASE spell % 2 WHEN 0 THEN 'available' ELSE 'paused' END,
  CASE spell % 2 WHEN 1 THEN 'lunch' END, at, at + interval '80 minutes'
FROM generate_series(1, 500) AS n, generate_series(0, 5) AS spell, generate_series(1, 42) AS day,
  LATERAL (SELECT date_trunc('day', now()) - day * interval '1 day' + (6 + spell * 2) * interval '1 hour' AS at) AS begun;

INSERT INTO customers (id, subject, attributes, created_at, last_contact_at)
SELECT md5('customer-' || n)::uuid, 'customer-' || n,
  jsonb_build_object(
    'name', (ARRAY['Noa', 'Amir', 'Dana', 'Yael', 'Omer', 'Maya', 'Eitan', 'Lior', 'Tamar', 'Ruth'])[1 + n % 10] || ' '
      || (ARRAY['Levi', 'Cohen', 'Mizrahi', 'Peretz', 'Biton', 'Azulay', 'Katz', 'Shapiro', 'Harel', 'Golan', 'Baruch'])[1 + n % 11]
      || '-' || chr(65 + n % 26) || chr(97 + n / 26 % 26),
    'phone', '+97250' || lpad(n::text, 7, '0'), 'language', CASE n % 2 WHEN 0 THEN 'he' ELSE 'en' END,
    'zone', 'Asia/Jerusalem', 'country', 'IL', 'email', 'customer-' || n || '@example.com', 'region', 'north'),
  now() - interval '60 days', CASE n % 4 WHEN 0 THEN now() - n % 1000 * interval '1 hour' END
FROM generate_series(1, 60000) AS n;

INSERT INTO subjects (subject, customer_id) SELECT subject, id FROM customers;

-- The cases, which most of the rest hangs on: the first 400 are in agents' hands, those up to 3,500 wait.
CREATE TEMP TABLE cases AS
SELECT n, md5('case-' || n)::uuid AS id, md5('task-' || n)::uuid AS task_id, n <= 3500 AS is_open,
  md5('customer-' || CASE WHEN n <= 3500 THEN n ELSE 1 + n::bigint * 7919 % 60000 END)::uuid AS customer_id,
  md5('agent-' || CASE WHEN n <= 400 THEN n ELSE 1 + n % 500 END)::uuid AS agent_id,
  CASE WHEN n <= 3500 THEN now() - n % 240 * interval '1 minute' - interval '2 minutes'
    ELSE now() - interval '5 hours' - (n - 3500) * interval '37 seconds' END AS at,
  (ARRAY['incomplete-checkout', 'sale-left-open', 'renewal-due', 'angry-customer', 'bad-feedback', 'delivery-trouble',
    'high-effort', 'lost-in-help', 'moved-house'])[1 + n % 9] AS rule,
  CASE WHEN n % 9 < 3 THEN 'sales' ELSE 'service' END AS queue,
  CASE n % 2 WHEN 0 THEN 'he' ELSE 'en' END AS language,
  CASE WHEN n <= 100 THEN 'assigned' WHEN n <= 150 THEN 'dialing' WHEN n <= 300 THEN 'connected' WHEN n <= 350 THEN 'wrapping'
    WHEN n <= 400 THEN 'reserved' WHEN n <= 3500 THEN 'queued' WHEN n % 7 = 0 THEN 'withdrawn' ELSE 'done' END AS state,
  CASE n % 10 WHEN 0 THEN 'no_answer' WHEN 1 THEN 'busy' WHEN 2 THEN 'machine' ELSE 'completed' END AS ending
FROM generate_series(1, 100000) AS n;

ALTER TABLE cases ADD PRIMARY KEY (n);

INSERT INTO escalations (id, customer_id, state, outcome, reasons, rule, version, purpose, priority, queue, step, tries,
  opened_at, not_before, revision, closed_at, has_words)
SELECT id, customer_id,
  CASE WHEN is_open AND state = 'reserved' THEN 'queued' WHEN is_open THEN state ELSE 'closed' END,
  CASE WHEN is_open THEN NULL WHEN state = 'withdrawn' THEN 'resolved_by_customer' WHEN ending <> 'completed' THEN 'unreachable'
    WHEN n % 3 = 0 THEN 'not_solved' ELSE 'solved' END,
  '[]', rule, 1, 'service', 50, queue, 0, 0, at, at, 1, CASE WHEN NOT is_open THEN at + interval '40 minutes' END, n % 3 = 0
FROM cases;

INSERT INTO moments (id, rule, version, mode, customer_id, key, at, found_at, moment, stage, purpose, priority, evidence, words,
  verdict, status, ended_at, expires_at, worth, grace, escalation_id)
SELECT md5('moment-' || n)::uuid, rule, 1, 'live', customer_id, 'cart-' || n, at, at, replace(rule, '-', '_'), 'purchase',
  'service', 50, jsonb_build_array('web case-' || n), '[]', 'escalate', CASE WHEN is_open THEN 'live' ELSE 'ended' END,
  CASE WHEN NOT is_open THEN at + interval '40 minutes' END, at + interval '1 day', 'null', interval '0', id
FROM cases;

INSERT INTO moments (id, rule, version, mode, customer_id, key, at, found_at, moment, stage, purpose, priority, evidence, words,
  verdict, status, expires_at, worth, grace)
SELECT gen_random_uuid(), rule, 1, 'live', customer_id, 'lost-' || n, at, at, replace(rule, '-', '_'), 'purchase', 'service', 50,
  '[]', '[]', CASE n % 3 WHEN 0 THEN 'suppressed:worth' WHEN 1 THEN 'suppressed:cooldown' ELSE 'control' END, 'expired',
  at + interval '1 day', 'null', interval '0'
FROM cases WHERE n > 50000;

INSERT INTO tasks (id, escalation_id, customer_id, queue, kind, state, step, priority, language, skills, script, queued_at, rank,
  due_at, promised, agent_id, fence, lease_until, offered_at, offers, accepted_at, wrap_since, disposition, worth_calling, notes,
  ended_at, end_reason, wrap_extensions)
SELECT task_id, id, customer_id, queue, 'callback', state, 0, 50, language, '{}', 'checkout', at, at - interval '50 minutes',
  CASE WHEN is_open THEN now() + (n % 180 - 15) * interval '1 minute' ELSE at + interval '30 minutes' END, n % 3 = 0,
  CASE WHEN n <= 400 OR state = 'done' THEN agent_id END, CASE WHEN state IN ('queued', 'withdrawn') THEN 0 ELSE 1 END,
  CASE WHEN n <= 400 THEN now() + interval '1 day' END, at + interval '5 minutes',
  CASE WHEN state IN ('queued', 'withdrawn') THEN 0 ELSE 1 END,
  CASE WHEN state NOT IN ('queued', 'withdrawn', 'reserved') THEN at + interval '6 minutes' END,
  CASE WHEN state IN ('done', 'wrapping') THEN at + interval '14 minutes' END,
  CASE WHEN state = 'done' THEN CASE WHEN ending <> 'completed' THEN 'no_answer' WHEN n % 3 = 0 THEN 'not_solved' ELSE 'solved' END
  END, CASE WHEN state = 'done' THEN n % 4 <> 0 END, CASE WHEN state = 'done' THEN 'Went through it together.' END,
  CASE WHEN NOT is_open THEN at + interval '16 minutes' END,
  CASE state WHEN 'done' THEN 'agent' WHEN 'withdrawn' THEN 'resolved_by_customer' END, 0
FROM cases;

INSERT INTO offers (id, task_id, agent_id, queue, fence, offered_at, until, ended_at, ending, reason)
SELECT gen_random_uuid(), task_id, agent_id, queue, 1, at + interval '5 minutes', at + interval '6 minutes',
  CASE WHEN state <> 'reserved' THEN at + interval '5 minutes' + n % 40 * interval '1 second' END,
  CASE WHEN state <> 'reserved' THEN 'accepted' END, NULL
FROM cases WHERE state NOT IN ('queued', 'withdrawn')
UNION ALL
SELECT gen_random_uuid(), task_id, md5('agent-' || 1 + (n + 77) % 500)::uuid, queue, 0, at + interval '3 minutes',
  at + interval '4 minutes', at + interval '4 minutes', CASE n % 2 WHEN 0 THEN 'timed_out' ELSE 'rejected' END, NULL
FROM cases WHERE state = 'done' AND n % 5 = 0;

-- Of each call an agent's leg and a customer's; one customer in four was called in vain before.
INSERT INTO attempts (id, token, request, escalation_id, customer_id, task_id, agent_id, rule, leg, flow, medium, step, language,
  to_number, from_number, state, ending, sequence, prepared_at, submitted_at, ringing_at, answered_at, joined_at, ended_at)
SELECT md5('attempt-' || leg || n || again)::uuid, 't-' || leg || n || again, 'r-' || leg || n || again, id, customer_id, task_id,
  agent_id, rule, leg, 'agent_first', 'voice_person', 0, language,
  CASE leg WHEN 'agent' THEN '+97239' ELSE '+97250' END || lpad(n::text, 7, '0'), '+97231234567',
  CASE WHEN is_open THEN 'connected' ELSE 'ended' END, CASE WHEN NOT is_open THEN how END, 1, dialed, dialed,
  dialed + interval '2 seconds', CASE WHEN how IN ('completed', 'machine') THEN dialed + interval '9 seconds' END,
  CASE WHEN how = 'completed' THEN dialed + interval '11 seconds' END,
  CASE WHEN NOT is_open THEN dialed + (60 + n % 300) * interval '1 second' END
FROM cases, (VALUES ('agent'), ('customer')) AS legs (leg), generate_series(0, 1) AS again,
  LATERAL (SELECT at + (7 - again * 3) * interval '1 minute' AS dialed,
    CASE WHEN again = 1 THEN 'no_answer' WHEN leg = 'agent' THEN 'completed' ELSE ending END AS how) AS call
WHERE (state = 'done' OR state = 'connected') AND (again = 0 OR n % 4 = 0 AND NOT is_open);

INSERT INTO promises (id, escalation_id, customer_id, state, words, medium, due_at, written_at, said_at, ended_at, cause)
SELECT md5('promise-' || n)::uuid, id, customer_id,
  CASE WHEN is_open THEN 'open' WHEN n % 11 = 0 THEN 'broken' WHEN n % 13 = 0 THEN 'released' ELSE 'kept' END,
  'We will call you within the half hour.', 'sms',
  CASE WHEN is_open THEN now() + (n % 180 - 15) * interval '1 minute' ELSE at + interval '30 minutes' END, at, at,
  CASE WHEN NOT is_open THEN at + interval '20 minutes' END,
  CASE WHEN is_open THEN NULL WHEN n % 11 = 0 THEN 'no_agent' WHEN n % 13 = 0 THEN 'resolved_by_customer' END
FROM cases WHERE n % 3 = 0;

INSERT INTO messages (id, token, escalation_id, customer_id, promise_id, rule, template, language, to_number, from_number, body,
  state, prepared_at, submitted_at, ended_at)
SELECT gen_random_uuid(), 'm-' || n, id, customer_id, md5('promise-' || n)::uuid, rule, 'callback', language,
  '+97250' || lpad(n::text, 7, '0'), '+97231234567', 'We will call you within the half hour.', 'delivered', at, at, at
FROM cases WHERE n % 3 = 0;

INSERT INTO decisions (id, escalation_id, customer_id, at, occasion, medium, answer, reasons, verdicts, rule, version)
SELECT gen_random_uuid(), id, customer_id, at + turn * interval '4 minutes', CASE turn WHEN 0 THEN 'opened' ELSE 'prepare' END,
  'voice_person', 'go', '[]',
  '[{"gate": "consent", "state": "open", "sentence": "consent", "figures": {}}, {"gate": "hours", "state": "open", "sentence": "hours", "figures": {}}]',
  rule, 1
FROM cases, generate_series(0, 1) AS turn;

INSERT INTO escalation_events (id, escalation_id, at, what, detail)
SELECT gen_random_uuid(), id, at + turn * interval '3 minutes',
  (ARRAY['opened', 'step_started', 'task_queued', 'task_done', 'closed'])[1 + turn], '{}'
FROM cases, generate_series(0, 4) AS turn WHERE NOT is_open OR turn < 3;

-- Of the events, one for each case is what its moment rests on; customer 1 alone has 5,000.
INSERT INTO events (source, id, type, subject, customer_id, time, received_at, data, digest, conflicting_copies, detected)
SELECT 'web', 'case-' || n, 'checkout.abandoned', 'customer-' || n, customer_id, at - interval '1 minute', at - interval '1 minute',
  jsonb_build_object('cart_id', 'cart-' || n, 'total', 40 + n % 900), decode(md5(n::text), 'hex'), 0, true
FROM cases;

INSERT INTO events (source, id, type, subject, customer_id, time, received_at, data, digest, conflicting_copies, detected)
SELECT (ARRAY['web', 'app', 'ivr', 'mail'])[1 + n % 4], 'event-' || n,
  (ARRAY['page.viewed', 'help.viewed', 'help.searched', 'checkout.started', 'checkout.updated', 'bot.fallback', 'login.failed',
    'message.received'])[1 + n % 8],
  'customer-' || customer, md5('customer-' || customer)::uuid, at, at + interval '1 second',
  jsonb_build_object('page', 'p' || n % 50, 'results', n % 12, 'text', 'When does the technician come?'),
  decode(md5(n::text), 'hex'), 0, true
FROM generate_series(1, 900000) AS n,
  LATERAL (SELECT CASE WHEN n <= 5000 THEN 1 ELSE 1 + n::bigint * 7919 % 60000 END AS customer,
    now() - n * interval '4 seconds' AS at) AS told;

INSERT INTO changes (at, who, what, subject, before, after)
SELECT now() - (20000 - n) * interval '3 minutes', 'somebody-' || n % 40,
  (ARRAY['task.move', 'task.withdraw', 'queue.change', 'person.add', 'switch.throw'])[1 + n % 5], 'subject-' || n % 3000,
  '{"queue": "sales"}', '{"queue": "service"}'
FROM generate_series(1, 20000) AS n;

INSERT INTO channels (id, name, kind, key_hash, types, created_at) VALUES (gen_random_uuid(), 'web', 'web', 'none', '{}', now());

DROP TABLE cases;

SET session_replication_role = DEFAULT;

VACUUM ANALYZE;
