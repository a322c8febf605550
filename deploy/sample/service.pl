#!/usr/bin/perl
# The service: GET / greets, GET /version tells the version, GET /healthz says ok. Several may listen on one port: the new
# version starts beside the old one, which answers what it has begun and goes.
use strict;
use warnings;
use IO::Socket::INET;
use Socket;

my ($port, $version, $ready) = @ARGV;
my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $port, Listen => 128, ReuseAddr => 1, ReusePort => 1)
  or die "cannot listen on 127.0.0.1:$port: $!\n";
if ($ready) { open(my $mark, '>', $ready) or die "cannot write $ready: $!\n" }
my $going = 0;
$SIG{TERM} = sub { $going = 1 };
$SIG{PIPE} = 'IGNORE';

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
