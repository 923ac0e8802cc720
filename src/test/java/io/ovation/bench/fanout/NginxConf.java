package io.ovation.bench.fanout;

import java.nio.file.Path;

/** Nchan's settings: one worker, nothing logged, messages in memory as long as needed. */
final class NginxConf {
  private NginxConf() {}

  static String text(Path dir, int port, String module) {
    return "load_module "
        + module
        + ";\n"
        + """
        worker_processes 1;
        daemon off;
        pid DIR/nginx.pid;
        error_log DIR/nginx-error.log warn;
        worker_rlimit_nofile 20000;
        events { worker_connections 20000; use epoll; multi_accept on; }
        http {
          access_log off;
          client_body_temp_path DIR/body; proxy_temp_path DIR/proxy; fastcgi_temp_path DIR/fcgi;
          uwsgi_temp_path DIR/uwsgi; scgi_temp_path DIR/scgi;
          tcp_nodelay on;
          keepalive_requests 1000000;
          nchan_shared_memory_size 512M;
          nchan_message_timeout 60s;
          nchan_message_buffer_length 1000;
          server {
            listen 127.0.0.1:PORT;
            location ~ ^/pub/(.+)$ { nchan_publisher; nchan_channel_id $1; }
            location ~ ^/sub/(.+)$ {
              nchan_subscriber websocket; nchan_channel_id $1;
              nchan_subscriber_first_message newest;
            }
            location / { return 404; }
          }
        }
        """
            .replace("DIR", dir.toString())
            .replace("PORT", "" + port);
  }
}
