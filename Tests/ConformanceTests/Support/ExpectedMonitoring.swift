/// What nats-streaming-server 0.23.2 says of the server that ``MonitoringTests`` makes: keys in alphabetical order, with their
/// values unless they differ from run to run.
let expectedMonitoring = """
    serverz? 200
    .channels 2
    .clients 1
    .cluster_id
    .go
    .in_bytes
    .in_msgs 5
    .max_fds
    .now
    .open_fds
    .out_bytes
    .out_msgs 7
    .server_id
    .start_time
    .state STANDALONE
    .subscriptions 3
    .total_bytes 85
    .total_msgs 5
    .uptime
    .version
    storez? 200
    .cluster_id
    .limits.max_age 0
    .limits.max_bytes 1024000000
    .limits.max_channels 100
    .limits.max_inactivity 0
    .limits.max_msgs 1000000
    .limits.max_subscriptions 1000
    .now
    .server_id
    .total_bytes 85
    .total_msgs 5
    .type MEMORY
    clientsz? 200
    .clients[0].hb_inbox
    .clients[0].id me
    .clients[0].subs_count 2
    .cluster_id
    .count 1
    .limit 1024
    .now
    .offset 0
    .server_id
    .total 1
    clientsz?subs=1 200
    .clients[0].hb_inbox
    .clients[0].id me
    .clients[0].subs_count 2
    .clients[0].subscriptions.bar[0].ack_inbox
    .clients[0].subscriptions.bar[0].ack_wait 30
    .clients[0].subscriptions.bar[0].client_id me
    .clients[0].subscriptions.bar[0].inbox
    .clients[0].subscriptions.bar[0].is_durable 1
    .clients[0].subscriptions.bar[0].is_offline 0
    .clients[0].subscriptions.bar[0].is_stalled 0
    .clients[0].subscriptions.bar[0].last_sent 2
    .clients[0].subscriptions.bar[0].max_inflight 10
    .clients[0].subscriptions.bar[0].pending_count 2
    .clients[0].subscriptions.bar[0].queue_name dur:group
    .clients[0].subscriptions.foo[0].ack_inbox
    .clients[0].subscriptions.foo[0].ack_wait 30
    .clients[0].subscriptions.foo[0].client_id me
    .clients[0].subscriptions.foo[0].inbox
    .clients[0].subscriptions.foo[0].is_durable 0
    .clients[0].subscriptions.foo[0].is_offline 0
    .clients[0].subscriptions.foo[0].is_stalled 1
    .clients[0].subscriptions.foo[0].last_sent 2
    .clients[0].subscriptions.foo[0].max_inflight 2
    .clients[0].subscriptions.foo[0].pending_count 2
    .cluster_id
    .count 1
    .limit 1024
    .now
    .offset 0
    .server_id
    .total 1
    clientsz?client=me 200
    .hb_inbox
    .id me
    .subs_count 2
    clientsz?client=me&subs=1 200
    .hb_inbox
    .id me
    .subs_count 2
    .subscriptions.bar[0].ack_inbox
    .subscriptions.bar[0].ack_wait 30
    .subscriptions.bar[0].client_id me
    .subscriptions.bar[0].inbox
    .subscriptions.bar[0].is_durable 1
    .subscriptions.bar[0].is_offline 0
    .subscriptions.bar[0].is_stalled 0
    .subscriptions.bar[0].last_sent 2
    .subscriptions.bar[0].max_inflight 10
    .subscriptions.bar[0].pending_count 2
    .subscriptions.bar[0].queue_name dur:group
    .subscriptions.foo[0].ack_inbox
    .subscriptions.foo[0].ack_wait 30
    .subscriptions.foo[0].client_id me
    .subscriptions.foo[0].inbox
    .subscriptions.foo[0].is_durable 0
    .subscriptions.foo[0].is_offline 0
    .subscriptions.foo[0].is_stalled 1
    .subscriptions.foo[0].last_sent 2
    .subscriptions.foo[0].max_inflight 2
    .subscriptions.foo[0].pending_count 2
    clientsz?client=x 404 Client x not found
    channelsz? 200
    .cluster_id
    .count 2
    .limit 1024
    .names[0] bar
    .names[1] foo
    .now
    .offset 0
    .server_id
    .total 2
    channelsz?subs=1 200
    .channels[0].bytes 34
    .channels[0].first_seq 1
    .channels[0].last_seq 2
    .channels[0].msgs 2
    .channels[0].name bar
    .channels[0].subs_count 1
    .channels[0].subscriptions[0].ack_inbox
    .channels[0].subscriptions[0].ack_wait 30
    .channels[0].subscriptions[0].client_id me
    .channels[0].subscriptions[0].inbox
    .channels[0].subscriptions[0].is_durable 1
    .channels[0].subscriptions[0].is_offline 0
    .channels[0].subscriptions[0].is_stalled 0
    .channels[0].subscriptions[0].last_sent 2
    .channels[0].subscriptions[0].max_inflight 10
    .channels[0].subscriptions[0].pending_count 2
    .channels[0].subscriptions[0].queue_name dur:group
    .channels[1].bytes 51
    .channels[1].first_seq 1
    .channels[1].last_seq 3
    .channels[1].msgs 3
    .channels[1].name foo
    .channels[1].subs_count 2
    .channels[1].subscriptions[0].ack_inbox
    .channels[1].subscriptions[0].ack_wait 30
    .channels[1].subscriptions[0].client_id me
    .channels[1].subscriptions[0].inbox
    .channels[1].subscriptions[0].is_durable 0
    .channels[1].subscriptions[0].is_offline 0
    .channels[1].subscriptions[0].is_stalled 1
    .channels[1].subscriptions[0].last_sent 2
    .channels[1].subscriptions[0].max_inflight 2
    .channels[1].subscriptions[0].pending_count 2
    .channels[1].subscriptions[1].ack_inbox
    .channels[1].subscriptions[1].ack_wait 30
    .channels[1].subscriptions[1].client_id me
    .channels[1].subscriptions[1].durable_name dur
    .channels[1].subscriptions[1].inbox
    .channels[1].subscriptions[1].is_durable 1
    .channels[1].subscriptions[1].is_offline 1
    .channels[1].subscriptions[1].is_stalled 0
    .channels[1].subscriptions[1].last_sent 3
    .channels[1].subscriptions[1].max_inflight 10
    .channels[1].subscriptions[1].pending_count 3
    .cluster_id
    .count 2
    .limit 1024
    .now
    .offset 0
    .server_id
    .total 2
    channelsz?channel=foo 200
    .bytes 51
    .first_seq 1
    .last_seq 3
    .msgs 3
    .name foo
    .subs_count 2
    channelsz?channel=foo&subs=1 200
    .bytes 51
    .first_seq 1
    .last_seq 3
    .msgs 3
    .name foo
    .subs_count 2
    .subscriptions[0].ack_inbox
    .subscriptions[0].ack_wait 30
    .subscriptions[0].client_id me
    .subscriptions[0].inbox
    .subscriptions[0].is_durable 0
    .subscriptions[0].is_offline 0
    .subscriptions[0].is_stalled 1
    .subscriptions[0].last_sent 2
    .subscriptions[0].max_inflight 2
    .subscriptions[0].pending_count 2
    .subscriptions[1].ack_inbox
    .subscriptions[1].ack_wait 30
    .subscriptions[1].client_id me
    .subscriptions[1].durable_name dur
    .subscriptions[1].inbox
    .subscriptions[1].is_durable 1
    .subscriptions[1].is_offline 1
    .subscriptions[1].is_stalled 0
    .subscriptions[1].last_sent 3
    .subscriptions[1].max_inflight 10
    .subscriptions[1].pending_count 3
    channelsz?channel=x 404 Channel x not found
    channelsz?offset=1&limit=5 200
    .cluster_id
    .count 1
    .limit 5
    .names[0] foo
    .now
    .offset 1
    .server_id
    .total 2
    channelsz?limit=1 200
    .cluster_id
    .count 1
    .limit 1
    .names[0] bar
    .now
    .offset 0
    .server_id
    .total 2
    channelsz?offset=7 200
    .cluster_id
    .count 0
    .limit 1024
    .now
    .offset 7
    .server_id
    .total 2
    isFTActive? 204
    """
