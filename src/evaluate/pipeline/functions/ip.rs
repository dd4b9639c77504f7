//! Addresses and blocks of them.

use std::net::{IpAddr, Ipv6Addr};

use ipnet::IpNet;

use super::super::warning::Failure;
use super::{Arguments, Computed, Prepared};
use crate::diagnostic::esql_warning::{BadArgument, InvalidBlock};
use crate::event::Value;

/// A block in CIDR notation; the address need not be its first, and an address alone is the block
/// of itself.
pub(in super::super) fn block(text: &str) -> Result<IpNet, InvalidBlock> {
    let block = text.parse::<IpNet>().map(|block| block.trunc());
    let alone = || text.parse::<IpAddr>().ok().map(IpNet::from);
    block
        .ok()
        .or_else(alone)
        .ok_or_else(|| InvalidBlock::NoBlock(text.to_owned()))
}

fn address(value: Ipv6Addr) -> IpAddr {
    match value.to_ipv4_mapped() {
        Some(v4) => IpAddr::V4(v4),
        None => IpAddr::V6(value),
    }
}

pub(super) fn cidr_match(args: Arguments<'_>, prepared: &Prepared) -> Computed {
    let Some(Value::Ip(ip)) = args.value(0) else {
        return Ok(None);
    };
    let ip = address(*ip);
    let holds = |block: &Result<IpNet, InvalidBlock>| match block {
        Ok(block) => Ok(block.contains(&ip)),
        Err(why) => Err(Failure::Argument(BadArgument::Block(why.clone()))),
    };
    if let Prepared::Blocks(blocks) = prepared {
        for block in blocks {
            if holds(block)? {
                return Ok(Some(Value::Bool(true)));
            }
        }
        return Ok(Some(Value::Bool(false)));
    }
    for index in 1..args.len() {
        if holds(&block(args.text(index).unwrap_or("")))? {
            return Ok(Some(Value::Bool(true)));
        }
    }
    Ok(Some(Value::Bool(false)))
}

/// The first address of the block of so many bits around an address.
pub(super) fn prefix(args: Arguments<'_>) -> Computed {
    let Some(Value::Ip(ip)) = args.value(0) else {
        return Ok(None);
    };
    let ip = address(*ip);
    let (bits, most, name) = match ip {
        IpAddr::V4(_) => (args.whole(1), 32, "v4"),
        IpAddr::V6(_) => (args.whole(2), 128, "v6"),
    };
    let bits = bits.and_then(|bits| u8::try_from(bits).ok());
    let Some(bits) = bits.filter(|bits| *bits <= most) else {
        return Err(Failure::Argument(BadArgument::PrefixLength { name, most }));
    };
    let block = IpNet::new(ip, bits)
        .map_err(|_| Failure::Argument(BadArgument::PrefixLength { name, most }))?;
    Ok(Some(Value::ip(block.network())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_alone_is_a_block() {
        for (text, written) in [
            ("::1", Some("::1/128")),
            ("127.0.0.1", Some("127.0.0.1/32")),
            ("10.1.2.3/8", Some("10.0.0.0/8")),
            ("FE80::/10", Some("fe80::/10")),
            ("10.0.0", None),
            ("10.0.0.0/33", None),
            ("", None),
        ] {
            let block = block(text).ok().map(|block| block.to_string());
            assert_eq!(block.as_deref(), written, "{text}");
        }
    }
}
