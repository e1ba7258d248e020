-- The system tables with Redshift's columns (docs: SYS, SVV, STL, STV references). Character columns
-- of fixed length are blank padded, as in Redshift. Rows come from the incident's redshift.sql.
create table pg_catalog.sys_query_history (
  user_id int, query_id bigint, query_label char(320), transaction_id bigint, session_id int,
  database_name char(128), query_type char(32), status char(10), result_cache_hit bool,
  start_time timestamp, end_time timestamp, elapsed_time bigint, queue_time bigint,
  execution_time bigint, error_message char(512), returned_rows bigint, returned_bytes bigint,
  query_text char(4000), redshift_version char(256), usage_limit char(150),
  compute_type varchar(32), compile_time bigint, planning_time bigint, lock_wait_time bigint,
  service_class_id int, service_class_name char(64), query_priority char(20),
  short_query_accelerated char(10), user_query_hash char(40), generic_query_hash char(40),
  query_hash_version int, result_cache_query_id int, username char(128));
create table pg_catalog.sys_query_detail (
  user_id int, query_id bigint, child_query_sequence int, stream_id int, segment_id int,
  step_id int, step_name text, table_id int, table_name char(136), is_rrscan char(1),
  start_time timestamp, end_time timestamp, duration bigint, alert text, input_bytes bigint,
  input_rows bigint, output_bytes bigint, output_rows bigint, blocks_read bigint,
  blocks_write bigint, local_read_io bigint, remote_read_io bigint, source text,
  data_skewness int, time_skewness int, is_active char(1), spilled_block_local_disk bigint,
  spilled_block_remote_disk bigint, step_attribute text, metrics_level char(16));
create table pg_catalog.sys_query_text (
  user_id int, query_id bigint, transaction_id bigint, session_id int, start_time timestamp,
  sequence int, text char(4000));
create table pg_catalog.sys_load_error_detail (
  user_id int, query_id bigint, transaction_id bigint, session_id int, database_name char(64),
  table_id int, start_time timestamp, file_name char(256), line_number bigint,
  column_name char(127), column_type char(10), column_length char(10), position int,
  error_code int, error_message char(512));
create table pg_catalog.sys_load_history (
  user_id int, query_id bigint, transaction_id bigint, session_id int, database_name text,
  status text, table_name text, start_time timestamp, end_time timestamp, duration bigint,
  data_source text, file_format text, loaded_rows bigint, loaded_bytes bigint,
  source_file_count int, source_file_bytes bigint, file_count_scanned int,
  file_bytes_scanned bigint, error_count bigint, copy_job_id bigint);
create table pg_catalog.sys_connection_log (
  event char(50), record_time timestamp, remote_host char(45), remote_port char(32),
  session_id int, database_name char(50), user_name char(50), auth_method char(32), duration int,
  ssl_version char(50), ssl_cipher char(128), mtu int, ssl_compression char(64),
  ssl_expansion char(64), iam_auth_guid char(36), application_name char(250),
  driver_version char(64), os_version char(64), plugin_name char(32), protocol_version int,
  global_session_id char(36));
create table pg_catalog.sys_userlog (
  user_id int, user_name char(50), original_user_name char(50), action char(10),
  has_create_db_privs int, is_superuser int, has_update_catalog_privs int,
  password_expiration timestamp, session_id int, transaction_id bigint, record_time timestamp);
create table pg_catalog.sys_transaction_history (
  user_id int, transaction_id bigint, isolation_level text, status text,
  transaction_start_time timestamp, commit_start_time timestamp, commit_end_time timestamp,
  blocks_committed int, undo_transaction_id bigint);
create table pg_catalog.sys_serverless_usage (
  start_time timestamp, end_time timestamp, compute_seconds double precision,
  compute_capacity double precision, data_storage int, cross_region_transferred_data int,
  charged_seconds int);
create table pg_catalog.stl_load_errors (
  userid int, slice int, tbl int, starttime timestamp, session int, query int,
  filename char(256), line_number bigint, colname char(127), type char(10), col_length char(10),
  position int, raw_line char(1024), raw_field_value char(1024), err_code int,
  err_reason char(100), is_partial int, start_offset bigint, copy_job_id bigint);
create table pg_catalog.stl_error (
  userid int, process char(12), recordtime timestamp, pid int, errcode int, file char(90),
  linenum int, context char(100), error char(512));
create table pg_catalog.stl_wlm_rule_action (
  userid int, query int, service_class int, rule char(256), action char(256),
  recordtime timestamp, action_value char(256), service_class_name char(64));
create table pg_catalog.stv_locks (
  table_id bigint, last_commit timestamp, last_update timestamp, lock_owner bigint,
  lock_owner_pid bigint, lock_owner_start_ts timestamp, lock_owner_end_ts timestamp,
  lock_status char(22));
create table pg_catalog.svv_transactions (
  txn_owner text, txn_db text, xid bigint, pid int, txn_start timestamp, lock_mode text,
  lockable_object_type text, relation int, granted bool);
create table pg_catalog.stv_wlm_query_state (
  xid int, task int, query int, service_class int, slot_count int, wlm_start_time timestamp,
  state char(16), queue_time bigint, exec_time bigint, query_priority char(20));
create table pg_catalog.stl_tr_conflict (
  xact_id bigint, process_id bigint, xact_start_ts timestamp, abort_time timestamp,
  table_id bigint);
create table pg_catalog.stl_alert_event_log (
  userid int, query int, slice int, segment int, step int, pid int, xid bigint,
  event char(1024), solution char(1024), event_time timestamp);
create table pg_catalog.svv_table_info (
  database text, schema text, table_id oid, "table" text, encoded text, diststyle text,
  sortkey1 text, max_varchar int, sortkey1_enc char(32), sortkey_num int, size bigint,
  pct_used numeric(10,4), empty bigint, unsorted numeric(5,2), stats_off numeric(5,2),
  tbl_rows numeric(38,0), skew_sortkey1 numeric(19,2), skew_rows numeric(19,2),
  estimated_visible_rows numeric(38,0), risk_event text, vacuum_sort_benefit numeric(12,2),
  create_time timestamp);
create table pg_catalog.stv_partitions (
  owner int, host int, diskno int, part_begin bigint, part_end bigint, used int, tossed int,
  capacity int, reads bigint, writes bigint, seek_forward int, seek_back int, is_san int,
  failed int, mbps int, mount char(256));
create table pg_catalog.stl_wlm_query (
  userid int, xid int, task int, query int, service_class int, slot_count int,
  service_class_start_time timestamp, queue_start_time timestamp, queue_end_time timestamp,
  total_queue_time bigint, exec_start_time timestamp, exec_end_time timestamp,
  total_exec_time bigint, service_class_end_time timestamp, final_state char(16),
  est_peak_mem bigint, query_priority char(20), service_class_name char(64));
create table pg_catalog.svl_query_queue_info (
  database text, query int, xid bigint, userid int, querytxt text, queue_start_time timestamp,
  exec_start_time timestamp, service_class int, slots int, queue_elapsed bigint,
  exec_elapsed bigint, wlm_total_elapsed bigint, commit_queue_elapsed bigint,
  commit_exec_time bigint, service_class_name char(64));
create table pg_catalog.stl_connection_log (
  event char(50), recordtime timestamp, remotehost char(45), remoteport char(32), pid int,
  dbname char(50), username char(50), authmethod char(32), duration int, sslversion char(50),
  sslcipher char(128), mtu int, sslcompression char(64), sslexpansion char(64),
  iamauthguid char(36), application_name char(250), driver_version char(64),
  os_version char(64), plugin_name char(32), protocol_version int, sessionid int,
  global_session_id char(36));
create table pg_catalog.stl_userlog (
  userid int, username char(50), oldusername char(50), action char(10), usecreatedb int,
  usesuper int, usecatupd int, valuntil timestamp, pid int, xid bigint, recordtime timestamp);
create view pg_catalog.svv_columns as
  select table_catalog, table_schema, table_name, column_name, ordinal_position, column_default,
    is_nullable, data_type, character_maximum_length, numeric_precision, numeric_scale
  from information_schema.columns where table_schema not in ('pg_catalog', 'information_schema');
create view pg_catalog.svv_tables as
  select table_catalog, table_schema, table_name, table_type
  from information_schema.tables where table_schema not in ('pg_catalog', 'information_schema');
