-- One night with everything in it; each story keeps to tables and times of its own.
-- A column is dropped under a load.
insert into sys_query_history (user_id, username, query_id, transaction_id, session_id, query_type, status, start_time, end_time, elapsed_time, queue_time, execution_time, compile_time, planning_time, lock_wait_time, error_message, query_text, query_label, generic_query_hash, returned_rows, service_class_name) values
 (112, 'dbt_ci', 1001, 501, 71, 'DDL', 'success', '2026-11-22 00:41:10', '2026-11-22 00:41:11', 900000, 0, 800000, 0, 1000, 0, '', 'alter table mart.orders drop column channel cascade', 'default', 'h-alter', 0, 'default'),
 (107, 'airflow_etl', 1002, 502, 72, 'INSERT', 'failed', '2026-11-22 01:05:02', '2026-11-22 01:05:03', 400000, 0, 0, 0, 2000, 0, 'column "channel" of relation "orders" does not exist', 'insert into mart.orders (id, channel, customer) select id, channel, ''Jane Q. Public, 12 Long Street, Springfield'' from stage.orders', 'etl', 'h-orders', 0, 'default'),
 (113, 'reader', 1003, 503, 73, 'SELECT', 'success', '2026-11-22 01:06:00', '2026-11-22 01:06:01', 1000000, 0, 900000, 0, 2000, 0, '', 'select channel from mart.orders_archive', 'default', 'h-r', 5, 'default'),
 (112, 'dbt_ci', 1004, 504, 74, 'CTAS', 'success', '2026-11-22 01:10:00', '2026-11-22 01:10:01', 1000000, 0, 900000, 0, 2000, 0, '', 'create table mart.orders_daily as select * from mart.orders', 'default', 'h-ctas', 0, 'default'),
-- An open ALTER holds mart.returns; a DELETE waited 299 s for it and was cancelled.
 (114, 'l.brandt', 1101, 601, 81, 'DDL', 'success', '2026-11-22 01:47:12', '2026-11-22 01:47:13', 812000, 0, 790000, 0, 2000, 0, '', 'alter table mart.returns add column reason varchar(64)', 'default', 'h-a', 0, 'default'),
 (114, 'l.brandt', 1102, 601, 81, 'SELECT', 'success', '2026-11-22 01:48:40', '2026-11-22 01:48:44', 4100000, 0, 4000000, 0, 2000, 0, '', 'select reason, count(*) from mart.returns group by 1', 'default', 'h-b', 210, 'default'),
 (107, 'airflow_etl', 1103, 602, 82, 'DELETE', 'canceled', '2026-11-22 02:05:31', '2026-11-22 02:10:31', 300000000, 0, 0, 0, 2000, 299400000, 'Query (1103) cancelled on user''s request', 'delete from mart.returns where business_date = ''2026-11-21''', 'etl', 'h-del', 0, 'default'),
-- Committed since: a VACUUM-like rewrite held mart.stock while an UPDATE waited.
 (115, 'maint', 1151, 651, 86, 'UPDATE', 'success', '2026-11-22 00:10:00', '2026-11-22 00:20:00', 600000000, 0, 590000000, 0, 2000, 0, '', 'update mart.stock set qty = qty', 'default', 'h-m', 0, 'default'),
 (107, 'airflow_etl', 1152, 652, 87, 'UPDATE', 'success', '2026-11-22 00:15:00', '2026-11-22 00:20:30', 330000000, 0, 30000000, 0, 2000, 300000000, '', 'update mart.stock set qty = 0 where sku = ''A-1''', 'etl', 'h-n', 0, 'default'),
-- Two transactions write mart.balance; the later one is undone.
 (116, 'finance', 1201, 701, 91, 'UPDATE', 'success', '2026-11-22 02:29:50', '2026-11-22 02:30:05', 15000000, 0, 14000000, 0, 2000, 0, '', 'update mart.balance set amount = 0 where day = ''2026-11-21''', 'default', 'h-f', 0, 'default'),
 (107, 'airflow_etl', 1202, 702, 92, 'INSERT', 'failed', '2026-11-22 02:29:58', '2026-11-22 02:30:07', 9000000, 0, 8000000, 0, 2000, 0, '1023 DETAIL: Serializable isolation violation on table - 9002, transactions forming the cycle are: 701, 702 (pid:92)', 'insert into mart.balance select * from stage.balance', 'etl', 'h-g', 0, 'default'),
-- COPY refuses a value.
 (107, 'airflow_etl', 1301, 801, 95, 'COPY', 'failed', '2026-11-22 02:40:00', '2026-11-22 02:40:20', 20000000, 0, 19000000, 0, 2000, 0, 'Load into table ''customers'' failed.  Check ''sys_load_error_detail'' system table for details.', 'copy raw.customers from ''s3://lake/customers/2026-11-21/'' iam_role ''arn:aws:iam::123456789012:role/load'' csv', 'etl', 'h-copy', 0, 'default'),
-- A rule aborts a report.
 (117, 'bi_tool', 1401, 901, 96, 'SELECT', 'canceled', '2026-11-22 02:45:00', '2026-11-22 02:55:00', 600000000, 0, 600000000, 0, 2000, 0, 'Query (1401) cancelled by WLM abort action of Query Monitoring Rule "no_long_reports".', 'select * from mart.sales s, mart.orders o', 'default', 'h-bi', 0, 'reports'),
-- A load grows slow; its earlier runs are quick.
 (107, 'airflow_etl', 1501, 911, 97, 'INSERT', 'success', '2026-11-19 02:00:00', '2026-11-19 02:01:00', 60000000, 0, 59000000, 0, 2000, 0, '', 'insert into mart.sales select * from stage.sales', 'etl', 'h-sales', 0, 'default'),
 (107, 'airflow_etl', 1502, 912, 97, 'INSERT', 'success', '2026-11-20 02:00:00', '2026-11-20 02:01:02', 62000000, 0, 61000000, 0, 2000, 0, '', 'insert into mart.sales select * from stage.sales', 'etl', 'h-sales', 0, 'default'),
 (107, 'airflow_etl', 1503, 913, 97, 'INSERT', 'success', '2026-11-21 02:00:00', '2026-11-21 02:00:58', 58000000, 0, 57000000, 0, 2000, 0, '', 'insert into mart.sales select * from stage.sales', 'etl', 'h-sales', 0, 'default'),
 (107, 'airflow_etl', 1504, 914, 97, 'INSERT', 'success', '2026-11-22 02:00:00', '2026-11-22 02:20:00', 1200000000, 5000000, 1190000000, 0, 2000, 0, '', 'insert into mart.sales select * from stage.sales', 'etl', 'h-sales', 0, 'default'),
-- Rights are taken away.
 (100, 'admin', 1601, 921, 98, 'UTILITY', 'success', '2026-11-22 00:30:00', '2026-11-22 00:30:01', 100000, 0, 90000, 0, 2000, 0, '', 'REVOKE SELECT ON ALL TABLES IN SCHEMA finance FROM airflow_etl', 'default', 'h-rev', 0, 'default'),
 (107, 'airflow_etl', 1602, 922, 99, 'SELECT', 'failed', '2026-11-22 02:58:00', '2026-11-22 02:58:01', 100000, 0, 0, 0, 2000, 0, 'permission denied for relation ledger', 'select * from finance.ledger', 'etl', 'h-led', 0, 'default'),
-- Still running.
 (118, 'analyst', 1701, 931, 100, 'SELECT', 'running', '2026-11-22 02:20:00', null, 2640000000, 0, 2640000000, 0, 2000, 0, '', 'select * from mart.sales order by 1', 'default', 'h-run', 0, 'default');
insert into svv_transactions (txn_owner, txn_db, xid, pid, txn_start, lock_mode, lockable_object_type, relation, granted) values
 ('l.brandt', 'dev', 601, 81, '2026-11-22 01:47:11', 'AccessExclusiveLock', 'relation', 9001, true),
 ('airflow_etl', 'dev', 603, 83, '2026-11-22 03:00:10', 'ShareRowExclusiveLock', 'relation', 9001, false),
 ('airflow_etl', 'dev', 603, 83, '2026-11-22 03:00:10', 'ShareRowExclusiveLock', 'relation', 9003, true),
 ('dbt', 'dev', 604, 84, '2026-11-22 03:02:00', 'AccessExclusiveLock', 'relation', 9003, false),
 ('analyst', 'dev', 931, 100, '2026-11-22 02:20:00', 'AccessShareLock', 'relation', 9004, true);
insert into stv_locks (table_id, last_update, lock_owner, lock_owner_pid, lock_owner_start_ts, lock_status) values
 (9001, '2026-11-22 01:47:13', 601, 81, '2026-11-22 01:47:11', 'Holding write lock');
insert into svv_table_info (database, schema, table_id, "table", diststyle, sortkey1, size, pct_used, unsorted, stats_off, tbl_rows, skew_rows) values
 ('dev', 'mart', 9001, 'returns', 'KEY(order_id)', 'business_date', 4210, 0.4, 2.1, 1.3, 88120331, 1.04),
 ('dev', 'mart', 9002, 'balance', 'EVEN', '', 120, 0.1, 0, 0, 120000, 1.0),
 ('dev', 'mart', 9003, 'refunds', 'AUTO(ALL)', '', 20, 0.1, 0, 0, 1200, 1.0),
 ('dev', 'mart', 9004, 'sales', 'KEY(store_id)', 'sold_at', 910000, 41.0, 38.5, 64.2, 9120000000, 7.31),
 ('dev', 'raw', 9005, 'customers', 'EVEN', '', 900, 0.1, 0, 3.0, 2000000, 1.1);
insert into sys_transaction_history (user_id, transaction_id, isolation_level, status, transaction_start_time, commit_start_time, commit_end_time) values
 (115, 651, 'Serializable', 'committed', '2026-11-22 00:09:59', '2026-11-22 00:20:00', '2026-11-22 00:20:01'),
 (107, 602, 'Serializable', 'rolledback', '2026-11-22 02:05:30', null, null),
 (116, 701, 'Serializable', 'committed', '2026-11-22 02:29:49', '2026-11-22 02:30:05', '2026-11-22 02:30:06');
insert into stl_tr_conflict (xact_id, process_id, xact_start_ts, abort_time, table_id) values
 (702, 92, '2026-11-22 02:29:55', '2026-11-22 02:30:07', 9002);
insert into sys_load_error_detail (user_id, query_id, transaction_id, session_id, database_name, table_id, start_time, file_name, line_number, column_name, column_type, column_length, position, error_code, error_message) values
 (107, 1301, 801, 95, 'dev', 9005, '2026-11-22 02:40:18', 's3://lake/customers/2026-11-21/part-0007.csv', 48213, 'postcode', 'varchar', '10', 71, 1204, 'String length exceeds DDL length');
insert into sys_load_history (user_id, query_id, transaction_id, session_id, database_name, status, table_name, start_time, end_time, duration, data_source, file_format, loaded_rows, loaded_bytes, source_file_count, error_count) values
 (107, 1301, 801, 95, 'dev', 'aborted', 'customers', '2026-11-22 02:40:00', '2026-11-22 02:40:20', 20000000, 's3://lake/customers/2026-11-21/', 'csv', 0, 0, 16, 1),
 (107, 1290, 790, 94, 'dev', 'completed', 'customers', '2026-11-21 02:40:00', '2026-11-21 02:40:31', 31000000, 's3://lake/customers/2026-11-20/', 'csv', 1998222, 310000000, 16, 0);
insert into stl_wlm_rule_action (userid, query, service_class, rule, action, recordtime, action_value, service_class_name) values
 (117, 1401, 7, 'no_long_reports', 'abort', '2026-11-22 02:55:00', '', 'reports');
insert into stv_partitions (owner, host, diskno, part_begin, part_end, used, tossed, capacity) values
 (0, 0, 0, 0, 1000, 950000, 0, 1000000), (1, 1, 0, 0, 1000, 990000, 0, 1000000);
insert into sys_query_detail (user_id, query_id, child_query_sequence, stream_id, segment_id, step_id, step_name, table_name, start_time, end_time, duration, alert, input_rows, output_rows, spilled_block_local_disk, spilled_block_remote_disk, data_skewness, time_skewness, metrics_level) values
 (107, 1504, 1, 0, 2, -1, '', 'mart.sales', '2026-11-22 02:05:00', '2026-11-22 02:19:00', 840000000, 'Missing statistics', 0, 0, 81000, 12000, 0, 0, 'segment'),
 (107, 1504, 1, 0, 2, 1, 'hashjoin', 'mart.sales', '2026-11-22 02:05:00', '2026-11-22 02:19:00', 0, '', 9000000, 9000000, 0, 0, 88, 0, 'step');
insert into sys_userlog (user_id, user_name, original_user_name, action, has_create_db_privs, is_superuser, has_update_catalog_privs, password_expiration, session_id, transaction_id, record_time) values
 (119, 'report_svc', '', 'alter', 0, 0, 0, '2026-11-22 00:00:00', 98, 940, '2026-11-21 16:00:00'),
 (120, 'old_etl', '', 'drop', 0, 0, 0, null, 98, 941, '2026-11-21 16:05:00');
insert into sys_connection_log (event, record_time, remote_host, remote_port, session_id, database_name, user_name, auth_method, duration, application_name) values
 ('authentication failure', '2026-11-22 02:59:58', '10.2.1.7', '50122', 200, 'dev', 'report_svc', 'password', 0, 'airflow'),
 ('authenticated', '2026-11-22 02:59:00', '10.2.1.7', '50120', 199, 'dev', 'airflow_etl', 'IAM Assumerole', 0, 'airflow');
insert into stv_wlm_query_state (xid, task, query, service_class, slot_count, wlm_start_time, state, queue_time, exec_time) values
 (931, 1, 1701, 7, 1, '2026-11-22 02:20:00', 'Running', 0, 2640000000),
 (932, 2, 1702, 7, 1, '2026-11-22 03:00:00', 'QueuedWaiting', 240000000, 0),
 (933, 3, 1703, 7, 1, '2026-11-22 03:01:00', 'QueuedWaiting', 180000000, 0);
create schema mart;
create table mart.orders (id bigint, customer varchar(200) not null, amount numeric(12,2), sold_at timestamp default getdate());
