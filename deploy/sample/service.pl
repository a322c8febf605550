#!/usr/bin/perl
# The service: GET / greets, GET /version tells the version, GET /healthz says ok. It listens on PORT and ends at SIGTERM after it
# has answered what was begun.
use strict;
use warnings;
use IO::Socket::INET;

$| = 1;
my ($port, $version) = @ENV{qw(PORT VERSION)};
my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $port, Listen => 128, ReuseAddr => 1)
  or die "cannot listen on 127.0.0.1:$port: $!\n";
my $going = 0;
$SIG{TERM} = sub { $going = 1 };
$SIG{PIPE} = 'IGNORE';
print "version $version listens on $port\n";

sub answer {
  my ($client) = @_;
  my $line = <$client> // '';
  while (defined(my $header = <$client>)) { last if $header =~ /^\r?\n$/ }
  my ($path) = $line =~ m{^GET (\S+)};
  my %pages = ('/' => "Hello from version $version\n", '/version' => "$version\n", '/healthz' => "ok\n");
  my $body = $pages{$path // ''};
  my $status = defined $body ? '200 OK' : '404 Not Found';
  $body //= "not found\n";
  print $client "HTTP/1.1 $status\r\nContent-Type: text/plain\r\nContent-Length: " . length($body) . "\r\nConnection: close\r\n\r\n$body";
  close $client;
}

until ($going) {
  my $client = $listener->accept or next;
  answer($client);
}
# Connections that the kernel has already given to this listener are still answered.
$listener->blocking(0);
while (my $client = $listener->accept) { $client->blocking(1); answer($client); }
